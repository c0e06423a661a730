import type { EntityManager } from '@mikro-orm/postgresql';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';
import { isEnded, STAGES } from '../../domain/stages.ts';

/** Something stands on an order's record that its workflow has not taken up. */
interface PendingRecord {
  readonly id: string;
  readonly what: string;
}

const OPEN = STAGES.filter((stage) => !isEnded(stage));

/**
 * Orders with something on record that their workflow has not taken up, for some time already: an ending that was decided and
 * is not carried out (a stopped check of which its order could not be told), or a report of the distributor.
 */
export function ordersWithPendingRecords(em: EntityManager, quietSince: Date): Promise<PendingRecord[]> {
  return em.execute<PendingRecord[]>(PENDING, [`{${OPEN.join(',')}}`, quietSince, quietSince]);
}

/** The same as findings of the comparison: what remains after their workflows were signalled again. */
export async function pendingRecordDrift(em: EntityManager, quietSince: Date): Promise<Drift[]> {
  const orders = await ordersWithPendingRecords(em, quietSince);
  return orders.map(({ id, what }) => driftOf('record-unheard', { orderId: id, detail: what }));
}

const PENDING = `
  select o.id, case when o.ending is not null then 'it is decided that the order ends as ' || (o.ending->>'stage')
      else 'a report of the distributor was not taken up' end as what
  from orders o where o.stage = any(?::text[]) and o.updated_at < ? and (
    o.ending is not null
    or o.stage in ('scheduled', 'in_distribution') and exists (
      select 1 from distribution_reports r where r.order_id = o.id and r.recorded_at < ?
        and not exists (select 1 from order_events e where e.order_id = o.id and e.key = 'distribution:' || r.event_id)))
  order by o.id limit 1000`;
