import { ENDED_STAGES, STAGES_ON_THE_WAY } from '../../data/stages.ts';
import { formatNumber, formatWord } from '../../shared/format.ts';
import { Panel } from '../../shared/page.tsx';
import { Loaded } from '../../shared/states.tsx';
import type { Schemas, useStatistics } from '../data.ts';
import { useFilter } from './use-filter.ts';

type Counts = Schemas['Statistics']['orders']['byStage'];

/** How many orders are at each stage now. A click narrows the list below to them; another one takes that back. */
export function Stages({ of }: { readonly of: ReturnType<typeof useStatistics> }) {
  return (
    <Panel title="Orders by stage">
      <Loaded of={of} lines={17}>
        {({ orders }) => (
          <>
            <StageBars title="On the way" stages={STAGES_ON_THE_WAY} counts={orders.byStage} />
            <StageBars title="Ended" stages={ENDED_STAGES} counts={orders.byStage} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function StageBars(props: {
  readonly title: string;
  readonly stages: readonly (keyof Counts)[];
  readonly counts: Counts;
}) {
  const { title, stages, counts } = props;
  const [filter, setFilter] = useFilter();
  const most = Math.max(1, ...stages.map((stage) => counts[stage]));
  return (
    <>
      <h3>{title}</h3>
      <ul className="stage-bars">
        {stages.map((stage) => {
          const chosen = filter.stage === stage;
          return (
            <li key={stage}>
              <button
                type="button"
                aria-pressed={chosen}
                onClick={() => setFilter({ ...filter, waitingFor: undefined, stage: chosen ? undefined : stage })}
              >
                <span>{formatWord(stage)}</span>
                <span className="bar" aria-hidden="true">
                  <span style={{ width: `${(100 * counts[stage]) / most}%` }} />
                </span>
                <span className="count">{formatNumber(counts[stage])}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </>
  );
}
