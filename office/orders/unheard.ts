import type { EntityManager } from '@mikro-orm/postgresql';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';
import { isEnded, STAGES } from '../../domain/stages.ts';

/** Something stands on an order's record that its story has not taken up. */
interface Unheard {
  readonly id: string;
  readonly what: string;
}

const OPEN = STAGES.filter((stage) => !isEnded(stage));

/**
 * Orders of whose record their workflow has not heard, for some time already: an ending that was decided and is not carried
 * out (a stopped check whose order could not be told), or a report that was put on record and not taken up.
 */
export function unheardOrders(em: EntityManager, quietSince: Date): Promise<Unheard[]> {
  return em.execute<Unheard[]>(UNHEARD, [`{${OPEN.join(',')}}`, quietSince, quietSince]);
}

/** The same as findings of the comparison: what remains after the orders were told again. */
export async function unheardDrift(em: EntityManager, quietSince: Date): Promise<Drift[]> {
  const orders = await unheardOrders(em, quietSince);
  return orders.map(({ id, what }) => driftOf('record-unheard', { orderId: id, detail: what }));
}

const UNHEARD = `
  select o.id, case when o.ending is not null then 'it is decided that the order ends as ' || (o.ending->>'stage')
      else 'a report of the distributor was not taken up' end as what
  from orders o where o.stage = any(?::text[]) and o.updated_at < ? and (
    o.ending is not null
    or o.stage in ('scheduled', 'in_distribution') and exists (
      select 1 from distribution_reports r where r.order_id = o.id and r.recorded_at < ?
        and not exists (select 1 from order_events e where e.order_id = o.id and e.key = 'distribution:' || r.event_id)))
  order by o.id limit 1000`;
