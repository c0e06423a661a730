import { IsolationLevel, type EntityManager } from '@mikro-orm/postgresql';
import { driftOf, type Drift } from '../../domain/reconciliation.ts';
import { kyselyOf } from '../../entities/database.ts';
import type { Orm } from '../../platform/orm.ts';
import { ledgerDrift } from './ledger.ts';
import { messageDrift } from './messages.ts';
import { orderDrift } from './orders.ts';
import type { WorkflowComparison } from './facts.ts';
import { workflowDrift } from './workflows.ts';

export type { Drift } from '../../domain/reconciliation.ts';
export type { WorkflowComparison, WorkflowFacts } from './facts.ts';

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
  return [
    ...(await ledgerDrift(em)),
    ...(await orderDrift(em)),
    ...(await messageDrift(em)),
    ...(await outboxDrift(em)),
  ];
}

/** The part that compares the orders on record with the workflows that work on them. */
export function reconcileWorkflows(orm: Orm, workflows: WorkflowComparison): Promise<Drift[]> {
  return workflowDrift(orm.em.fork(), workflows);
}

/** Compares the place of the outbox's reader with the outbox. Reads only. */
async function outboxDrift(em: EntityManager): Promise<Drift[]> {
  const books = kyselyOf(em);
  const reader = await books
    .selectFrom('OutboxReader')
    .select('place')
    .where('name', '=', 'webhooks')
    .executeTakeFirst();
  if (!reader) return [driftOf('outbox-reader-missing', { detail: 'there is no reader named webhooks' })];
  const last = await books.selectFrom('OrderEvent').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  const newest = last?.id ?? 0n;
  if (reader.place <= newest) return [];
  const detail = `the reader for webhooks stands at event ${reader.place}, the newest is ${newest}`;
  return [driftOf('outbox-reader-ahead', { detail })];
}
