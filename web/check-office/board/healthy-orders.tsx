import type { Order } from '../../../client/index.ts';
import { isWhole } from '../../data/orders.ts';
import type { Pages } from '../../data/pages.ts';
import { More } from '../../shared/more.tsx';
import { OrderTable } from '../../shared/order-table.tsx';
import { Loaded } from '../../shared/states.tsx';
import type { Column } from '../../shared/table.tsx';
import { Age, Money } from '../../shared/values.tsx';
import type { StuckOrder } from '../data.ts';

const COLUMNS: readonly Column<Order>[] = [
  { title: 'Buyer', render: ({ buyerId }) => buyerId },
  { title: 'Seller', render: ({ sellerId }) => sellerId },
  { title: 'Distributor', render: ({ distributorId }) => distributorId },
  { title: 'Charge', number: true, render: ({ charge }) => <Money of={charge} /> },
  { title: 'Placed', render: ({ createdAt }) => <Age since={createdAt} /> },
];

/** Orders to compare. The stuck ones stand above, with what can be done about them. */
export function HealthyOrders(props: { readonly orders: Pages<StuckOrder>; readonly stuck: readonly StuckOrder[] }) {
  const above = new Set(props.stuck.map(({ id }) => id));
  return (
    <Loaded of={props.orders} lines={6}>
      {(data) => {
        const orders = data.filter(isWhole).filter(({ id }) => !above.has(id));
        const left = data.length - orders.length;
        return (
          <>
            {left > 0 && (
              <p className="facts">{left === 1 ? 'One that is' : `${left} that are`} stuck: listed above.</p>
            )}
            {(orders.length > 0 || left === 0) && (
              <OrderTable
                orders={orders}
                columns={COLUMNS}
                caption="Orders"
                empty="There are no such orders. They appear here when a buyer places one."
              />
            )}
            <More of={props.orders} what="orders" />
          </>
        );
      }}
    </Loaded>
  );
}
