import type { Pages } from '../../data/pages.ts';
import { ReadTogether } from '../../shared/states.tsx';
import { useStatistics, type StuckOrder } from '../data.ts';
import { StuckOrders } from '../stuck/stuck-orders.tsx';
import { OrderList } from './order-list.tsx';
import { Stages } from './stages.tsx';
import { Troubles } from './troubles.tsx';
import { Waits } from './waits.tsx';

/** Every order at a glance: the stuck ones, how many are at which stage, who waits for whom, and the list behind each figure. */
export function BoardView({ stuck }: { readonly stuck: Pages<StuckOrder> }) {
  const statistics = useStatistics('24 hours');
  return (
    <ReadTogether of={[stuck]}>
      <Troubles />
      <StuckOrders orders={stuck} />
      <div className="board">
        <Stages of={statistics} />
        <Waits of={statistics} />
      </div>
      <OrderList stuck={stuck.data ?? []} />
    </ReadTogether>
  );
}
