import { useState } from 'react';
import { Link } from 'react-router';
import type { Order } from '../../client/index.ts';
import { together, useStageOrders } from '../data/stage-orders.ts';
import { More } from '../shared/more.tsx';
import { Panel } from '../shared/page.tsx';
import { Empty, Loaded, Loading } from '../shared/states.tsx';
import { Mark } from '../shared/values.tsx';
import { agendaOf, isOverdue, type AgendaDay } from './agenda.ts';
import { formatWeight, weightOf } from './goods.ts';
import { dayOf, formatDay, formatTimeIn } from './local-time.ts';
import type { Terms } from './typed-terms.ts';
import { Week } from './week.tsx';
import { useOwnTerms } from './own-terms.ts';

/** A calendar is of use as a whole. */
const MOST = 100;

/** The deliveries that are still to be made, day by day, by the distributor's own calendar. */
export function CalendarView() {
  const terms = useOwnTerms();
  const coming = together(useStageOrders('in_distribution', MOST), useStageOrders('scheduled', MOST));
  return (
    <Panel title="Calendar" aside={terms && <span className="quiet">Times in {terms.timeZone}</span>}>
      {terms ? (
        <Loaded of={coming} lines={6}>
          {(list) => <Agenda days={agendaOf(list, terms.timeZone)} terms={terms} />}
        </Loaded>
      ) : (
        <Loading lines={6} />
      )}
      <More of={coming} what="deliveries" />
    </Panel>
  );
}

function Agenda({ days, terms }: { readonly days: readonly AgendaDay[]; readonly terms: Terms }) {
  const { timeZone, weekdays } = terms;
  const [today] = useState(() => dayOf(new Date().toISOString(), timeZone));
  return (
    <>
      <Week days={days} today={today} weekdays={weekdays} />
      {days.length === 0 && <Empty>No delivery is planned. Each one stands here on its day, once it has a date.</Empty>}
      <div className="agenda">
        {days.map(({ day, orders }) => (
          <section key={day} aria-label={formatDay(day)} className={day === today ? 'today' : undefined}>
            <h3>
              {formatDay(day)} {day === today && <Mark word="good" of="today" />}
              <span className="quiet">
                {orders.length} {orders.length === 1 ? 'delivery' : 'deliveries'}, {formatWeight(weightOfAll(orders))}
              </span>
            </h3>
            <ol>
              {orders.map((order) => (
                <Stop key={order.id} order={order} timeZone={timeZone} />
              ))}
            </ol>
          </section>
        ))}
      </div>
    </>
  );
}

function Stop({ order, timeZone }: { readonly order: Order; readonly timeZone: string }) {
  const { id, deliverTo, distribution, lines } = order;
  return (
    <li>
      <time dateTime={distribution?.deliverAt ?? undefined}>
        {distribution?.deliverAt ? formatTimeIn(distribution.deliverAt, timeZone) : '–'}
      </time>
      <span>
        <Link to={`/orders/${id}`}>{id}</Link> <Mark word={distribution?.status ?? order.stage} />
        {isOverdue(order) && <Mark word="bad" of="overdue" />}
        <br />
        {deliverTo ? `${deliverTo.street}, ${deliverTo.postalCode ?? ''} ${deliverTo.city ?? ''}` : ''}{' '}
        <span className="quiet">{formatWeight(weightOf(lines))}</span>
      </span>
    </li>
  );
}

function weightOfAll(orders: readonly Order[]): number | undefined {
  return weightOf(orders.flatMap(({ lines }) => lines));
}
