import type { ReactNode } from 'react';
import type { Pages } from '../../data/pages.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { formatWord } from '../../shared/format.ts';
import { More } from '../../shared/more.tsx';
import { Panel } from '../../shared/page.tsx';
import { Empty, Loaded, ProblemAlert } from '../../shared/states.tsx';
import { Table } from '../../shared/table.tsx';
import { Mark } from '../../shared/values.tsx';

interface Party {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly agent: 'auto' | 'manual' | 'site';
  readonly site?: { readonly url: string };
}

interface Put<One> {
  readonly mutate: (party: One) => void;
  readonly isPending: boolean;
  readonly variables?: { readonly id: string };
  readonly error: unknown;
}

/** One registry: its parties, each suspended or activated by one click, and below it whoever was chosen. */
export function Registry<One extends Party>(props: {
  readonly title: string;
  readonly parties: Pages<One>;
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
  readonly put: Put<One>;
  /** What else tells one from another, in a few words. */
  readonly about: (party: One) => string;
  readonly children: ReactNode;
}) {
  const { title, parties, put, children } = props;
  return (
    <Panel title={title}>
      {put.error !== null && <ProblemAlert error={put.error} />}
      <Loaded of={parties}>
        {(data) =>
          data.length === 0 ? (
            <Empty>Nobody is registered yet. The form below registers one.</Empty>
          ) : (
            <PartyTable {...props} data={data} />
          )
        }
      </Loaded>
      <More of={parties} what={title.toLowerCase()} />
      {children}
    </Panel>
  );
}

function PartyTable<One extends Party>(props: {
  readonly title: string;
  readonly data: readonly One[];
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
  readonly put: Put<One>;
  readonly about: (party: One) => string;
}) {
  const { data, chosen, onChoose, put, about } = props;
  return (
    <Table
      label={props.title}
      rows={data}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'Party',
          render: ({ id }) => (
            <button type="button" className="link" aria-pressed={chosen === id} onClick={() => onChoose(id)}>
              {id}
            </button>
          ),
        },
        { title: 'Name', render: ({ name }) => name },
        { title: 'Status', render: ({ status }) => <Mark word={status} /> },
        { title: 'Agent', render: ({ agent, site }) => <Acting agent={agent} url={site?.url} /> },
        { title: 'Terms', render: about },
        { title: 'What can be done', unseen: true, render: (party) => <StatusButton party={party} put={put} /> },
      ]}
    />
  );
}

function Acting({ agent, url }: { readonly agent: Party['agent']; readonly url: string | undefined }) {
  return (
    <>
      {formatWord(agent)}
      {url !== undefined && (
        <>
          <br />
          <small className="breakable">{url}</small>
        </>
      )}
    </>
  );
}

/** All of the registration goes with it as it was read: what a PUT does not name, it sets to the usual. */
function StatusButton<One extends Party>({ party, put }: { readonly party: One; readonly put: Put<One> }) {
  const isActive = party.status === 'active';
  return (
    <ActButton
      busy={put.isPending && put.variables?.id === party.id}
      onClick={() => put.mutate({ ...party, status: isActive ? 'suspended' : 'active' })}
      disabled={put.isPending}
      className={isActive ? 'danger small' : 'small'}
    >
      {isActive ? 'Suspend' : 'Activate'}
    </ActButton>
  );
}
