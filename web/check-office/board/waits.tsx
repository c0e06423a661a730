import { Panel } from '../../shared/page.tsx';
import { Empty, Loaded } from '../../shared/states.tsx';
import { Table } from '../../shared/table.tsx';
import { Age } from '../../shared/values.tsx';
import type { useStatistics } from '../data.ts';
import { useFilter } from './use-filter.ts';

/** Which party how many orders wait for, what for, and since when the first of them does. A click lists them below. */
export function Waits({ of }: { readonly of: ReturnType<typeof useStatistics> }) {
  const [filter, setFilter] = useFilter();
  return (
    <Panel title="Who waits for whom">
      <Loaded of={of}>
        {({ orders: { waiting } }) =>
          waiting.length === 0 ? (
            <Empty>No order waits for a party. Those of parties that act by hand are counted here.</Empty>
          ) : (
            <Table
              label="Who waits for whom"
              rows={waiting}
              keyOf={({ partyId, stage, what }) => `${partyId} ${stage} ${what}`}
              columns={[
                {
                  title: 'Party',
                  render: ({ partyId, stage }) => (
                    <button
                      type="button"
                      className="link"
                      aria-pressed={filter.waitingFor === partyId && filter.stage === stage}
                      onClick={() => setFilter({ waitingFor: partyId, stage })}
                    >
                      {partyId}
                    </button>
                  ),
                },
                { title: 'To do', render: ({ what }) => what },
                { title: 'Orders', number: true, render: ({ count }) => count },
                { title: 'The longest since', render: ({ oldest }) => <Age since={oldest} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}
