import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { OrderId } from '../../domain/ids.ts';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';
import { OPEN_STAGES } from '../../domain/order.ts';
import { kyselyOf } from '../../entities/database.ts';

/** Something stands on an order's record that its workflow has not taken up. */
interface PendingRecord {
  readonly id: OrderId;
  readonly what: string;
}

const MOST_ROWS = 1_000;

/**
 * Orders with something on record that their workflow has not taken up, for some time already: an ending that was decided and
 * is not carried out (the check was stopped and the order could not be signalled), or a report of the distributor.
 */
export async function ordersWithPendingRecords(em: EntityManager, quietSince: Date): Promise<PendingRecord[]> {
  const orders = await kyselyOf(em)
    .selectFrom('Order')
    .select(['id', 'ending'])
    .where('stage', 'in', OPEN_STAGES)
    .where('updatedAt', '<', quietSince)
    .where((order) => order.or([order('ending', 'is not', null), hasPendingReport(quietSince)]))
    .orderBy('id')
    .limit(MOST_ROWS)
    .execute();
  return orders.map(({ id, ending }) => ({
    id,
    what: ending
      ? `it is decided that the order ends as ${ending.stage}`
      : 'a report of the distributor was not taken up',
  }));
}

/** The same as findings of the comparison. */
export async function pendingRecordDrift(em: EntityManager, quietSince: Date): Promise<Drift[]> {
  const orders = await ordersWithPendingRecords(em, quietSince);
  return orders.map(({ id, what }) => driftOf('record-unheard', { orderId: id, detail: what }));
}

function hasPendingReport(quietSince: Date) {
  return sql<boolean>`stage in ('scheduled', 'in_distribution') and exists (
    select from distribution_reports r where r.order_id = orders.id and r.recorded_at < ${quietSince}
      and not exists (select from order_events e where e.order_id = orders.id and e.key = 'distribution:' || r.event_id))`;
}
