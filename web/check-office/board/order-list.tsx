import { api } from '../../data/api.ts';
import { usePages } from '../../data/pages.ts';
import { Panel } from '../../shared/page.tsx';
import { formatWord } from '../../shared/format.ts';
import type { StuckOrder } from '../data.ts';
import { FilterForm } from './filter-form.tsx';
import { orderFilter, type BoardFilter } from './filter.ts';
import { HealthyOrders } from './healthy-orders.tsx';
import { useFilter } from './use-filter.ts';
import { WaitingTable } from './waiting-table.tsx';

/** The orders behind the figures: all of them, or what a click or the form has narrowed the list to. */
export function OrderList({ stuck }: { readonly stuck: readonly StuckOrder[] }) {
  const [filter, setFilter] = useFilter();
  const narrowed = Object.keys(filter).length > 0;
  return (
    <Panel
      title="Orders"
      aside={
        narrowed && (
          <button type="button" className="secondary outline small" onClick={() => setFilter({})}>
            Show all
          </button>
        )
      }
    >
      <p className="facts" aria-live="polite">
        {inWords(filter)}
      </p>
      <FilterForm key={JSON.stringify(filter)} filter={filter} onFilter={setFilter} />
      {filter.waitingFor === undefined ? <Fitting filter={filter} stuck={stuck} /> : <WaitingTable filter={filter} />}
    </Panel>
  );
}

function Fitting({ filter, stuck }: { readonly filter: BoardFilter; readonly stuck: readonly StuckOrder[] }) {
  const orders = usePages('/v1/orders', orderFilter(filter), (query) => api.GET('/v1/orders', { params: { query } }));
  return <HealthyOrders orders={orders} stuck={stuck} />;
}

function inWords({ stage, waitingFor, buyerId, sellerId, distributorId, from, to }: BoardFilter): string {
  const parts = [
    stage && `at the stage ${formatWord(stage).toLowerCase()}`,
    waitingFor && `that wait for ${waitingFor}`,
    buyerId && `of ${buyerId}`,
    sellerId && `from ${sellerId}`,
    distributorId && `carried by ${distributorId}`,
    from && `placed on or after ${from}`,
    to && `placed on or before ${to}`,
  ].filter(Boolean);
  return parts.length === 0 ? 'Every order, the newest first.' : `Orders ${parts.join(', ')}.`;
}
