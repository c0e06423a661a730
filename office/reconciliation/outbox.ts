import type { EntityManager } from '@mikro-orm/postgresql';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';

/** Compares the place of the outbox's reader with the outbox. Reads only. */
export async function outboxDrift(em: EntityManager): Promise<Drift[]> {
  const [row] = await em.execute<{ place: string | null; newest: string; ahead: boolean }[]>(
    `select place::text, newest::text, place > newest as ahead
     from (select coalesce(max(id), 0) as newest from order_events) as outbox
     left join outbox_readers r on r.name = 'webhooks'`,
  );
  if (!row) throw new Error('a query over an aggregate has one row');
  if (row.place === null) return [driftOf('outbox-reader-missing', { detail: 'there is no reader named webhooks' })];
  if (!row.ahead) return [];
  const detail = `the reader for webhooks stands at event ${row.place}, the newest is ${row.newest}`;
  return [driftOf('outbox-reader-ahead', { detail })];
}
