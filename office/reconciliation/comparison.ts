import { parseOrderId, type OrderId } from '../../domain/ids.ts';
import type { Drift } from '../../domain/reconciliation.ts';
import type { Orm } from '../../platform/orm.ts';
import { markUnattended } from '../attention/index.ts';
import { expireChecks, ordersWithPendingRecords, pendingRecordDrift } from '../orders/index.ts';
import { reconcileWorkflows } from './books.ts';
import type { WorkflowFacts } from './facts.ts';
import { isUnattended, type WorkflowTroubles, withTroubles } from './workflows.ts';

export interface ComparisonDeps {
  readonly orm: Orm;
  readonly clock: () => Date;
  readonly workflows: WorkflowFacts & WorkflowTroubles & { signalRecord(orderId: string): Promise<void> };
}

/** What is compared with what. */
export interface Compared {
  /** How long an order is left alone after its last change, in milliseconds: its workflow may still be on its way. Default: a minute. */
  readonly quietForMs?: number;
  /** Workflows that have ended since then are compared, too. Default: those of the last hour. */
  readonly closedSince?: Date;
}

const QUIET_MS = 60_000;
const CLOSED_MS = 3_600_000;

/**
 * Expires checks that ran out and about which no workflow has the say, and returns the orders that ended by it. Signals
 * the workflows that have not taken up what stands on their order's record.
 */
export async function sweep({ orm, clock, workflows }: ComparisonDeps): Promise<readonly OrderId[]> {
  const pending = await ordersWithPendingRecords(orm.em.fork(), new Date(clock().getTime() - QUIET_MS));
  for (const { id } of pending) await workflows.signalRecord(id);
  const isWorkflows = async (orderId: OrderId) => HAVE_THE_SAY.has(await workflows.status(orderId));
  return (await expireChecks(orm, { now: clock(), isWorkflows })).expired;
}

const HAVE_THE_SAY = new Set(['running', 'WorkflowCompleted']);

/**
 * Orders on record against the workflows that work on them, or did, and those whose code fails. Changes nothing but marks: on the rows of orders that
 * nobody works on. With many orders it takes minutes.
 */
export async function compareWorkflows(
  { orm, clock, workflows }: ComparisonDeps,
  { quietForMs = QUIET_MS, closedSince }: Compared,
): Promise<Drift[]> {
  const now = clock();
  const since = closedSince ?? new Date(now.getTime() - CLOSED_MS);
  const drift = await reconcileWorkflows(orm, { facts: workflows, now, quietForMs, closedSince: since });
  const unattended = drift
    .filter(({ kind }) => isUnattended(kind))
    .map(({ orderId }) => parseOrderId(orderId ?? ''))
    .filter((orderId) => orderId !== undefined);
  const gone = await markUnattended(orm, unattended, (orderId) => workflows.status(orderId));
  const pending = await pendingRecordDrift(orm.em.fork(), new Date(clock().getTime() - quietForMs));
  const troubles = withTroubles(drift, gone, await workflows.troubles());
  // Of an order that nobody works on, that is what there is to say.
  return [...troubles, ...pending.filter(({ orderId }) => !troubles.some((found) => found.orderId === orderId))];
}
