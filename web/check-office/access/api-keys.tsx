import { useAct } from '../../data/act.ts';
import { api, query } from '../../data/api.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { Panel } from '../../shared/page.tsx';
import { Empty, Loaded, ProblemAlert } from '../../shared/states.tsx';
import { Table, type Column } from '../../shared/table.tsx';
import { Mark, When } from '../../shared/values.tsx';
import type { Schemas } from '../data.ts';
import { NewApiKeyForm } from './new-api-key-form.tsx';

/** Keys with which the servers of parties call the API. A key is shown once, when it is made. */
export function ApiKeys() {
  const keys = query.useQuery('get', '/v1/api-keys');
  const revoke = useAct((keyId: string) => api.DELETE('/v1/api-keys/{keyId}', { params: { path: { keyId } } }));
  return (
    <Panel title="API keys">
      <NewApiKeyForm />
      {revoke.error !== null && <ProblemAlert error={revoke.error} />}
      <Loaded of={keys}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>There are no keys yet. The form above makes one.</Empty>
          ) : (
            <Table
              label="API keys"
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                ...COLUMNS,
                {
                  title: 'State',
                  render: (key) =>
                    stateOf(key) === 'active' ? (
                      <ActButton
                        busy={revoke.isPending && revoke.variables === key.id}
                        onClick={() => revoke.mutate(key.id)}
                        disabled={revoke.isPending}
                        className="danger small"
                      >
                        Revoke
                      </ActButton>
                    ) : (
                      <Mark word="closed" of={stateOf(key)} />
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

const COLUMNS: readonly Column<Schemas['ApiKey']>[] = [
  {
    title: 'Key',
    render: ({ name, id }) => (
      <>
        {name}
        <br />
        <small>{id}</small>
      </>
    ),
  },
  { title: 'Party', render: ({ partyId, role }) => `${partyId} (${role})` },
  { title: 'May', render: ({ scopes }) => scopes.join(', ') },
  {
    title: 'Made',
    render: ({ createdAt, createdBy }) => (
      <>
        <When at={createdAt} />
        <br />
        <small>by {createdBy}</small>
      </>
    ),
  },
  { title: 'Runs out', render: ({ expiresAt }) => (expiresAt === null ? 'never' : <When at={expiresAt} />) },
];

function stateOf({ revokedAt, expiresAt }: Schemas['ApiKey']): 'active' | 'revoked' | 'ran out' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? 'ran out' : 'active';
}
