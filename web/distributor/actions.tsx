import type { Order } from '../../client/index.ts';
import { isComing } from '../data/orders.ts';
import { ConfirmDate, MoveDate } from './confirm-date.tsx';
import { Report } from './report.tsx';
import './actions.css';

/** What a distributor can do with an order now, on its page and in lists: fix the date, then report, or move the date. */
export function DistributorActions({ order }: { readonly order: Order }) {
  if (order.stage === 'accepted') return <ConfirmDate order={order} />;
  return (
    <>
      <Report order={order} />
      {isComing(order) && <MoveDate order={order} />}
    </>
  );
}
