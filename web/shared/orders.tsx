import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Order } from '../../client/index.ts';
import { OrderActions } from '../order/actions.tsx';
import { Empty } from './states.tsx';
import { Age, Mark, Money } from './values.tsx';

/** Orders as cards, each with a link that begins with its id and with what can be done with it now. */
export function OrderCards(props: {
  readonly orders: readonly Order[];
  readonly empty: ReactNode;
  /** What this desk shows of each order, beside its stage and charge. */
  readonly about?: (order: Order) => ReactNode;
}) {
  const { orders, empty, about } = props;
  if (orders.length === 0) return <Empty>{empty}</Empty>;
  return (
    <div className="cards">
      {orders.map((order) => (
        <article key={order.id} aria-label={order.id} className="order-card">
          <header>
            <Link to={`/orders/${order.id}`}>{order.id}</Link>
            <Mark word={order.stage} />
          </header>
          <p className="facts">
            {order.charge && (
              <>
                <Money of={order.charge} /> <span aria-hidden="true">·</span>{' '}
              </>
            )}
            <Age since={order.createdAt} />
          </p>
          {about?.(order)}
          <OrderActions order={order} />
        </article>
      ))}
    </div>
  );
}
