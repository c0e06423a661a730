import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import { OPEN_STAGES, type Stage } from '../../domain/order.ts';
import { LONGEST_WAITS_MS, STILL_AFTER_MS } from '../../platform/order-health/still.ts';

/** An open order that says nothing, waits for nobody as far as its row tells, and does not move. */
export interface StillOrder {
  readonly id: OrderId;
  readonly stage: Stage;
  readonly sellerId: string;
  /** When it last moved. */
  readonly since: Date;
}

const MOST_ROWS = 2_000;

/**
 * Orders that have not moved for longer than their stage allows, the longest first: they show no attention, and either nobody but the
 * service has to act, or something is on record that their workflow has not taken up, or the moment is past at which it would have
 * raised attention or ended the order. With `orderId` that one alone.
 */
export async function stillOrders(em: EntityManager, orderId?: OrderId): Promise<StillOrder[]> {
  const rows = await em.execute<{ id: OrderId; stage: Stage; seller_id: string; updated_at: string }[]>(
    `${STILL} ${orderId === undefined ? '' : 'and o.id = ?'} order by o.updated_at, o.id limit ${MOST_ROWS}`,
    [...boundsAt(Date.now()), ...(orderId === undefined ? [] : [orderId])],
  );
  return rows.map(({ id, stage, seller_id: sellerId, updated_at: since }) => ({
    id,
    stage,
    sellerId,
    since: new Date(since),
  }));
}

/** In the order of the marks in `STILL`. */
function boundsAt(now: number): unknown[] {
  const still = now - STILL_AFTER_MS;
  const { paymentIndication, schedule, overdue, demand } = LONGEST_WAITS_MS;
  const bounds = [still, still, still - schedule, still - paymentIndication, still - overdue, still, still - demand];
  return [`{${OPEN_STAGES.join(',')}}`, ...bounds.map((bound) => new Date(bound))];
}

/** Raw: one statement decides by the stage, and looks at other tables only for the few rows that its cheap conditions leave. */
const STILL = `
  select o.id, o.stage, o.seller_id, o.updated_at from orders o
  where o.stage = any(?::text[]) and o.attention is null and o.updated_at < ? and (
    o.ending is not null
    or o.stage = 'requested'
    or o.stage = 'check_issued' and coalesce(o.request->>'presentation',
      (select a.agent from accounts a where a.id = o.buyer_id)) = 'auto'
    or o.stage = 'presented' and o.seller_agent = 'auto'
    or o.stage in ('check_issued', 'presented') and exists (select from echecks c where c.order_id = o.id and c.expires_at < ?)
    or o.stage = 'accepted' and case
      when exists (select from order_events e where e.order_id = o.id and e.key = 'payment_indicated')
      then o.distributor_agent = 'auto' or o.updated_at < ? else o.updated_at < ? end
    or o.stage in ('scheduled', 'in_distribution') and (o.deliver_at < ? or exists (
      select from distribution_reports r where r.order_id = o.id and r.recorded_at < ?
        and not exists (select from order_events e where e.order_id = o.id and e.key = 'distribution:' || r.event_id)))
    or o.stage = 'delivered' and (o.payment_demand = 'auto' or o.payment_status <> 'held' or o.updated_at < ?)
  )`;
