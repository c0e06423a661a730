import type { Order } from '../../client/index.ts';
import { together, useStageOrders } from '../data/stage-orders.ts';
import { isSeller, useOwnRegistration } from '../registration/own.ts';
import { More } from '../shared/more.tsx';
import { EndedOrders, OrderTable, PLACED } from '../shared/order-table.tsx';
import { OrderCards } from '../shared/orders.tsx';
import { Panel } from '../shared/page.tsx';
import { Loaded, ReadTogether } from '../shared/states.tsx';
import type { Column } from '../shared/table.tsx';
import { Age, Mark, Money, When } from '../shared/values.tsx';
import { sellersActs } from './acts.ts';
import { Consignment } from './consignment.tsx';

/** A seller knows an order from the presentation of its check on: none that was declined. */
const ENDINGS = ['completed', 'rejected', 'expired', 'cancelled', 'refunded'] as const;

const COLUMNS: readonly Column<Order>[] = [
  { title: 'Planned for', render: ({ distribution }) => <When at={distribution?.deliverAt} /> },
  {
    title: 'Payment',
    render: ({ payment }) => payment && <Mark word={payment.status} />,
  },
  { title: 'Charge', number: true, render: ({ charge }) => <Money of={charge} /> },
];

const LOOKED_AFTER: Column<Order> = {
  title: 'Looked after',
  render: ({ attention }) => attention && <LookedAfter since={attention.since} />,
};

/** What waits for the seller, then what runs, then what has ended. */
export function OrdersView() {
  const presented = useStageOrders('presented');
  const accepted = useStageOrders('accepted');
  const scheduled = useStageOrders('scheduled');
  const moving = useStageOrders('in_distribution');
  const delivered = useStageOrders('delivered');
  const running = together(delivered, moving, scheduled, accepted);
  const due = useDuePayments(running.data ?? []);
  return (
    <ReadTogether of={[presented, running]}>
      <Panel title="Waiting for you">
        <Loaded of={presented}>
          {(list) => (
            <div className="acting">
              <OrderCards
                orders={[...due, ...list.toReversed()]}
                about={consignmentOf}
                empty="Nothing waits for you. An order comes here once its buyer has presented the check."
              />
            </div>
          )}
        </Loaded>
        <More of={presented} what="orders" />
      </Panel>
      <Panel title="Under way">
        <Loaded of={running}>
          {(list) => (
            <OrderTable
              orders={list.filter((order) => !due.includes(order))}
              columns={list.some(({ attention }) => attention) ? [...COLUMNS, LOOKED_AFTER] : COLUMNS}
              caption="Orders under way"
              empty="Nothing is under way. What you have accepted stands here until it is delivered."
            />
          )}
        </Loaded>
        <More of={running} what="orders" />
      </Panel>
      <Panel title="Ended">
        <EndedOrders stages={ENDINGS} columns={[PLACED, ...COLUMNS]} />
      </Panel>
    </ReadTogether>
  );
}

function consignmentOf(order: Order) {
  return <Consignment order={order} />;
}

/** Those whose payment the seller has to demand itself, now. */
function useDuePayments(orders: readonly Order[]): readonly Order[] {
  const own = useOwnRegistration();
  const paymentDemand = own.data && isSeller(own.data) ? own.data.paymentDemand : 'auto';
  return orders.filter((order) => sellersActs(order, paymentDemand).demandPayment);
}

function LookedAfter({ since }: { readonly since: string }) {
  return (
    <>
      by the check office, <Age since={since} />
    </>
  );
}
