import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { Order } from '../../client/index.ts';
import { api } from '../data/api.ts';
import { hasEnded, isWhole } from '../data/orders.ts';
import type { Stage } from '../data/stages.ts';
import { usePages } from '../data/pages.ts';
import { formatWord } from './format.ts';
import { More } from './more.tsx';
import { Empty, Loaded } from './states.tsx';
import { Table, type Column } from './table.tsx';
import { Mark, When } from './values.tsx';

const PAGE = 20;

const FIRST: readonly Column<Order>[] = [
  { title: 'Order', render: ({ id }) => <Link to={`/orders/${id}`}>{id}</Link> },
  { title: 'Stage', render: ({ stage }) => <Mark word={stage} /> },
];

/** Orders to compare, each row with a link that begins with the order's id. */
export function OrderTable(props: {
  readonly orders: readonly Order[];
  readonly columns: readonly Column<Order>[];
  readonly empty: ReactNode;
  readonly caption: string;
}) {
  const { orders, columns, empty, caption } = props;
  if (orders.length === 0) return <Empty>{empty}</Empty>;
  return (
    <Table label={caption} className="wide" rows={orders} keyOf={({ id }) => id} columns={[...FIRST, ...columns]} />
  );
}

/** When an order was placed: a column of every such table. */
export const PLACED: Column<Order> = { title: 'Placed', render: ({ createdAt }) => <When at={createdAt} /> };

/**
 * The ended orders of whoever is signed in, the newest first, page by page; of one ending, if one is chosen. What still runs stands
 * elsewhere on the desk, so that each order is there once.
 */
export function EndedOrders(props: {
  /** The stages in which an order ends that this party may come to see. */
  readonly stages: readonly Stage[];
  readonly columns: readonly Column<Order>[];
}) {
  const { stages, columns } = props;
  const [stage, setStage] = useState<Stage>();
  const orders = usePages('/v1/orders', { limit: PAGE, ...(stage && { stage }) }, (filter) =>
    api.GET('/v1/orders', { params: { query: filter } }),
  );
  return (
    <>
      <label className="narrow">
        Which
        <select value={stage ?? ''} onChange={({ target }) => setStage(stages.find((one) => one === target.value))}>
          <option value="">All</option>
          {stages.map((one) => (
            <option key={one} value={one}>
              {formatWord(one)}
            </option>
          ))}
        </select>
      </label>
      <Loaded of={orders} lines={6}>
        {(list) => (
          <OrderTable
            orders={list.filter(isWhole).filter(hasEnded)}
            columns={columns}
            empty={orders.more ? 'None of the newest orders has ended so.' : 'No order has ended so.'}
            caption="Ended orders"
          />
        )}
      </Loaded>
      <More of={orders} what="orders" />
    </>
  );
}
