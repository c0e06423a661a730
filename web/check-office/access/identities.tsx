import { useState, type SubmitEvent } from 'react';
import { useAct } from '../../data/act.ts';
import { api } from '../../data/api.ts';
import { usePages } from '../../data/pages.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { More } from '../../shared/more.tsx';
import { Panel } from '../../shared/page.tsx';
import { Empty, Loaded, ProblemAlert } from '../../shared/states.tsx';
import { Table, type Column } from '../../shared/table.tsx';
import { Mark, When } from '../../shared/values.tsx';
import { Choice } from '../choice.tsx';
import { ROLES, type Schemas } from '../data.ts';
import { textsOf } from '../forms.ts';

/** Who a token of an outside issuer is here. Without an entry the token's own claims say it. */
export function Identities() {
  const identities = usePages('/v1/identities', { limit: 20 }, (query) =>
    api.GET('/v1/identities', { params: { query } }),
  );
  const remove = useAct((identityId: string) =>
    api.DELETE('/v1/identities/{identityId}', { params: { path: { identityId } } }),
  );
  return (
    <Panel title="Identities">
      <IdentityForm />
      {remove.error !== null && <ProblemAlert error={remove.error} />}
      <Loaded of={identities}>
        {(data) =>
          data.length === 0 ? (
            <Empty>There are none: the claims of a token say who it is. The form above names somebody.</Empty>
          ) : (
            <IdentityTable of={data} remove={remove} />
          )
        }
      </Loaded>
      <More of={identities} what="identities" />
    </Panel>
  );
}

function IdentityTable(props: {
  readonly of: readonly Schemas['Identity'][];
  readonly remove: { readonly mutate: (id: string) => void; readonly isPending: boolean; readonly variables?: string };
}) {
  const { of, remove } = props;
  return (
    <Table
      label="Identities"
      rows={of}
      keyOf={({ id }) => id}
      columns={[
        ...COLUMNS,
        {
          title: 'What can be done',
          unseen: true,
          render: ({ id }) => (
            <ActButton
              busy={remove.isPending && remove.variables === id}
              onClick={() => remove.mutate(id)}
              disabled={remove.isPending}
              className="danger small"
            >
              Remove
            </ActButton>
          ),
        },
      ]}
    />
  );
}

const COLUMNS: readonly Column<Schemas['Identity']>[] = [
  { title: 'Subject', render: ({ subject }) => subject },
  {
    title: 'Issuer',
    render: ({ issuer, issuerTrusted }) => (
      <>
        {issuer} {!issuerTrusted && <Mark word="bad" of="not trusted" />}
      </>
    ),
  },
  { title: 'is here', render: ({ partyId, role }) => `${partyId} (${role})` },
  {
    title: 'Changed',
    render: ({ updatedAt, changedBy }) => (
      <>
        <When at={updatedAt} />
        <br />
        <small>by {changedBy}</small>
      </>
    ),
  },
];

function IdentityForm() {
  const [role, setRole] = useState<Schemas['NewIdentity']['role']>('buyer');
  const put = useAct((body: Schemas['NewIdentity']) => api.PUT('/v1/identities', { body }));
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { issuer = '', subject = '', partyId = '' } = textsOf(event.currentTarget);
    put.mutate({ issuer, subject, partyId, role });
  };
  return (
    <form onSubmit={submit}>
      <div className="actions">
        <label>
          Issuer
          <input name="issuer" required placeholder="https://login.example/" autoComplete="off" />
        </label>
        <label>
          Subject
          <input name="subject" required autoComplete="off" />
        </label>
        <label>
          is the party
          <input name="partyId" required placeholder="buyer-ada" autoComplete="off" />
        </label>
        <Choice label="in the role" value={role} options={ROLES} onChange={setRole} />
        <button type="submit" aria-busy={put.isPending} disabled={put.isPending}>
          Name an identity
        </button>
      </div>
      {put.error !== null && <ProblemAlert error={put.error} />}
    </form>
  );
}
