import { Link } from 'react-router';
import { useAct } from '../../data/act.ts';
import { api, query } from '../../data/api.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { Panel } from '../../shared/page.tsx';
import { Empty, Loaded, ProblemAlert } from '../../shared/states.tsx';
import { formatWord } from '../../shared/format.ts';
import { Mark, When } from '../../shared/values.tsx';
import type { Schemas } from '../data.ts';

type Run = Schemas['Reconciliation'];

const WHILE_RUNNING_MS = 1_000;
const OTHERWISE_MS = 30_000;

/** Whether ledger, holds, checks, orders and workflows agree: the last comparisons, and one more at once. */
export default function BooksView() {
  const runs = query.useQuery(
    'get',
    '/v1/reconciliation',
    {},
    { refetchInterval: ({ state }) => nextLook(state.data) },
  );
  const start = useAct(() => api.POST('/v1/reconciliation'));
  return (
    <Panel
      title="Reconciliation"
      aside={
        <ActButton busy={start.isPending} onClick={() => start.mutate(undefined)}>
          Compare now
        </ActButton>
      }
    >
      <p className="facts">
        Ledger, holds, checks, orders and workflows are compared every 15 minutes. Nothing is repaired by itself: each
        finding says what to do.
      </p>
      {start.error !== null && <ProblemAlert error={start.error} />}
      <Loaded of={runs}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty>Nothing has been compared yet. It is done every 15 minutes.</Empty>
          ) : (
            <ol className="runs">
              {data.map((run) => (
                <li key={run.id}>
                  <OneRun run={run} />
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Panel>
  );
}

function nextLook(answer: unknown): number {
  const { data = [] } = Object(answer) as { data?: readonly Run[] };
  return data.some(({ status }) => status === 'running') ? WHILE_RUNNING_MS : OTHERWISE_MS;
}

function OneRun({ run }: { readonly run: Run }) {
  return (
    <>
      <p>
        <When at={run.startedAt} /> <Mark word={toneOf(run)} of={resultOf(run)} />
        {run.swept !== null && run.swept > 0 && ` ${run.swept} with a check that had run out were ended.`}
      </p>
      {run.failure !== null && <p className="trouble">{run.failure}</p>}
      {run.findings.length > 0 && (
        <ul className="findings">
          {run.findings.map((finding, index) => (
            <li key={index}>
              <strong>{formatWord(finding.kind.replaceAll('-', ' '))}</strong>{' '}
              {finding.orderId !== null && <Link to={`/orders/${finding.orderId}`}>{finding.orderId}</Link>}
              {finding.accountId !== null && (
                <Link to={`/office?view=accounts&account=${finding.accountId}`}>{finding.accountId}</Link>
              )}
              <br />
              {finding.detail}
              <p className="next-step">What to do: {finding.whatToDo}</p>
            </li>
          ))}
        </ul>
      )}
      {run.found !== null && run.found > run.findings.length && (
        <p className="facts">The first {run.findings.length} of them. `npm run ops -- reconcile` prints all.</p>
      )}
    </>
  );
}

function toneOf({ status, found }: Run): string {
  if (status === 'running') return 'running';
  return status === 'completed' && found === 0 ? 'good' : 'bad';
}

function resultOf({ status, found }: Run): string {
  if (status === 'running') return 'Comparing now';
  if (status === 'failed') return 'Failed';
  if (found === 0) return 'Everything agrees';
  return found === 1 ? 'One thing does not agree' : `${found} things do not agree`;
}
