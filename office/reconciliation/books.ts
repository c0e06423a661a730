import { IsolationLevel, type EntityManager } from '@mikro-orm/postgresql';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';
import type { Orm } from '../../platform/orm.ts';
import { ledgerDrift } from './ledger.ts';
import { orderDrift } from './orders.ts';
import { workflowDrift, type WorkflowComparison } from './workflows.ts';

export type { Drift } from '../../domain/reconciliation.ts';
export type { WorkflowComparison, WorkflowFacts } from './workflows.ts';

/**
 * Compares ledger, holds, checks, orders and the outbox's reader, and with `workflows` also the workflows that work on them. Reads only, changes
 * nothing; an empty answer means that they agree. The books are compared in one snapshot, so that it may run at any time.
 */
export async function reconcile(orm: Orm, workflows?: WorkflowComparison): Promise<Drift[]> {
  const books = await reconcileBooks(orm);
  return workflows ? [...books, ...(await reconcileWorkflows(orm, workflows))] : books;
}

/** The part that needs the database alone: the proof that the books agree. */
export function reconcileBooks(orm: Orm): Promise<Drift[]> {
  const snapshot = { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true } as const;
  return orm.em.fork().transactional(booksDrift, snapshot);
}

/** The same inside the caller's transaction. */
export async function booksDrift(em: EntityManager): Promise<Drift[]> {
  return [...(await ledgerDrift(em)), ...(await orderDrift(em)), ...(await outboxDrift(em))];
}

/** The part that compares the orders on record with the workflows that work on them. */
export function reconcileWorkflows(orm: Orm, workflows: WorkflowComparison): Promise<Drift[]> {
  return workflowDrift(orm.em.fork(), workflows);
}

/** Compares the place of the outbox's reader with the outbox. Reads only. */
async function outboxDrift(em: EntityManager): Promise<Drift[]> {
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
