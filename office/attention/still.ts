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
    `select * from (${STILL}) still ${orderId === undefined ? '' : 'where id = ?'} order by updated_at, id limit ${MOST_ROWS}`,
    [...boundsAt(Date.now()), ...(orderId === undefined ? [] : [orderId])],
  );
  return rows.map(({ id, stage, seller_id: sellerId, updated_at: since }) => ({
    id,
    stage,
    sellerId,
    since: new Date(since),
  }));
}

/** Each mark of `STILL`, in its order. */
function boundsAt(now: number): Date[] {
  const still = now - STILL_AFTER_MS;
  const { paymentIndication, schedule, overdue, demand } = LONGEST_WAITS_MS;
  const waiting = [still, still, still - schedule, still - paymentIndication, still - demand];
  const onTheirWay = [still, still - overdue];
  const recent = [still - RECENT_MS, still];
  return [...recent, ...waiting, ...onTheirWay, still, still].map((bound) => new Date(bound));
}

/** A report that is older was named for a day; the comparison of the books goes on naming it (`record-unheard`). */
const RECENT_MS = 24 * 60 * 60_000;

const ROW = 'o.id, o.stage, o.seller_id, o.updated_at';
const SILENT = 'o.attention is null and o.updated_at < ?';

/**
 * Raw: each part begins from an index that holds few rows, however many orders are on their way (migration 0031), and looks at other
 * tables only for those that its cheap conditions leave: one by one, by their keys.
 */
const STILL = `
  with recent as materialized (select order_id, event_id from distribution_reports where recorded_at > ? and recorded_at < ?)
  select ${ROW} from orders o
  where o.stage in ('requested', 'check_issued', 'presented', 'accepted', 'delivered') and ${SILENT} and (
    o.stage = 'requested'
    or o.stage = 'check_issued' and coalesce(o.request->>'presentation',
      (select a.agent from accounts a where a.id = o.buyer_id)) = 'auto'
    or o.stage = 'presented' and o.seller_agent = 'auto'
    or o.stage in ('check_issued', 'presented') and (select min(c.expires_at) from echecks c where c.order_id = o.id) < ?
    or o.stage = 'accepted' and case
      when (select true from order_events e where e.order_id = o.id and e.key = 'payment_indicated' limit 1)
      then o.distributor_agent = 'auto' or o.updated_at < ? else o.updated_at < ? end
    or o.stage = 'delivered' and (o.payment_demand = 'auto' or o.payment_status <> 'held' or o.updated_at < ?))
  union
  select ${ROW} from orders o
  where o.stage in ('scheduled', 'in_distribution') and ${SILENT} and o.deliver_at < ?
  union
  select ${ROW} from recent r join orders o on o.id = r.order_id
  where o.stage in ('scheduled', 'in_distribution') and ${SILENT}
    and not exists (select from order_events e where e.order_id = o.id and e.key = 'distribution:' || r.event_id)
  union
  select ${ROW} from orders o
  where o.ending is not null and o.stage in (${OPEN_STAGES.map((stage) => `'${stage}'`).join(', ')}) and ${SILENT}`;
