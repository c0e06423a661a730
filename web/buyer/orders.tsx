import { useState } from 'react';
import type { Order } from '../../client/index.ts';
import { isComing } from '../data/orders.ts';
import type { Pages } from '../data/pages.ts';
import { More } from '../shared/more.tsx';
import { OrderCards } from '../shared/orders.tsx';
import { Panel } from '../shared/page.tsx';
import { Loaded } from '../shared/states.tsx';
import { When } from '../shared/values.tsx';
import { FILTERS, type Filter } from './use-orders.ts';

/** So many are shown at once, so that the rest of the desk stays in sight. */
const MOST_WAITING = 6;

/** What the buyer has to do now; nothing where there is nothing. */
export function WaitingOrders(props: { readonly orders: readonly Order[]; readonly pages: Pages<unknown> }) {
  const { orders, pages } = props;
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? orders : orders.slice(0, MOST_WAITING);
  if (orders.length === 0) return null;
  return (
    <Panel title="Waiting for you">
      <OrderCards orders={shown} empty={null} about={about} />
      {shown.length < orders.length && (
        <button type="button" className="secondary outline small" onClick={() => setWhole(true)}>
          Show all {orders.length}
        </button>
      )}
      {shown.length === orders.length && <More of={pages} what="orders that may wait for you" />}
    </Panel>
  );
}

/** All other orders, the newest first. */
export function OtherOrders(props: {
  readonly pages: Pages<unknown>;
  readonly orders: readonly Order[];
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
}) {
  const { pages, orders, filter, onFilter } = props;
  return (
    <Panel title="Orders" aside={<FilterChoice chosen={filter} onChoose={onFilter} />}>
      <Loaded of={pages} lines={6}>
        {() => <OrderCards orders={orders} empty={EMPTY[filter]} about={about} />}
      </Loaded>
      <More of={pages} what="orders" />
    </Panel>
  );
}

const EMPTY: Readonly<Record<Filter, string>> = {
  open: 'Nothing else is under way. What you order appears here at once.',
  ended: 'No order has ended yet.',
  all: 'There is nothing else. What you order appears here at once.',
};

function FilterChoice({ chosen, onChoose }: { readonly chosen: Filter; readonly onChoose: (filter: Filter) => void }) {
  return (
    <div role="group" aria-label="Which orders" className="filter-choice">
      {FILTERS.map((filter) => (
        <button
          key={filter}
          type="button"
          className={filter === chosen ? 'small' : 'small secondary outline'}
          aria-pressed={filter === chosen}
          onClick={() => onChoose(filter)}
        >
          {WORDS[filter]}
        </button>
      ))}
    </div>
  );
}

const WORDS: Readonly<Record<Filter, string>> = { open: 'Open', ended: 'Ended', all: 'All' };

/** What a buyer wants to know of each order at a glance. */
function about(order: Order) {
  const { lines, sellerId, distribution, refusal, attention } = order;
  const goods = lines.map(({ quantity, name, sku }) => `${quantity} × ${name ?? sku}`).join(', ');
  return (
    <>
      <p className="buyers-goods">
        {goods} <span className="hint">from {sellerId}</span>
      </p>
      {distribution?.deliverAt && isComing(order) && (
        <p className="hint">
          Comes <When at={distribution.deliverAt} />
        </p>
      )}
      {attention && <p className="hint">The check office looks after it.</p>}
      {refusal && <p className="hint">{refusal.detail}</p>}
    </>
  );
}
