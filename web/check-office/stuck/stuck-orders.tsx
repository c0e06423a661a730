import { useState } from 'react';
import type { Pages } from '../../data/pages.ts';
import { More } from '../../shared/more.tsx';
import { Panel } from '../../shared/page.tsx';
import { Loaded } from '../../shared/states.tsx';
import type { StuckOrder } from '../data.ts';
import type { Taken } from '../interventions.tsx';
import { CausesList } from './causes-list.tsx';
import { Outcomes } from './outcomes.tsx';
import { StuckCard } from './stuck-card.tsx';

/** What needs a person, first of all: each order with its cause, who must act, and what can be decided. What came of a decision stays. */
export function StuckOrders({ orders }: { readonly orders: Pages<StuckOrder> }) {
  const [taken, setTaken] = useState<readonly Taken[]>([]);
  const note = (one: Taken): void =>
    setTaken((all) => [one, ...all.filter(({ orderId }) => orderId !== one.orderId)].slice(0, MOST_NOTED));
  return (
    <Panel title="Stuck orders">
      <Outcomes of={taken} stuck={orders.data ?? []} />
      <Loaded of={orders}>
        {(data) =>
          data.length === 0 ? (
            <p className="all-well">
              No order needs a person. An order that cannot go on by itself is listed here at once.
            </p>
          ) : (
            <>
              <CausesList orders={data} onTaken={note} />
              <div className="cards two">
                {data.map((order) => (
                  <StuckCard key={order.id} order={order} onTaken={note} />
                ))}
              </div>
              <More of={orders} what="stuck orders" />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

const MOST_NOTED = 10;
