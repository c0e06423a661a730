import { Context } from '@temporalio/activity';
import { parseOrderId } from '../domain/ids.ts';
import type { Drift } from '../domain/reconciliation.ts';
import { expireChecks, ordersWithPendingRecords, pendingRecordDrift } from '../office/orders/index.ts';
import { markUnattended } from '../office/attention/index.ts';
import {
  type WorkflowFacts,
  type WorkflowTroubles,
  reconcileBooks,
  reconcileWorkflows,
  textDrift,
  withTroubles,
} from '../office/reconciliation/index.ts';
import type { Orm } from '../platform/orm.ts';
import type { Sealer } from '../platform/sealing.ts';

export interface ReconciliationDeps {
  readonly orm: Orm;
  readonly clock: () => Date;
  /** Opens the texts of messages and receipts. */
  readonly sealer: Sealer;
  readonly workflows: WorkflowFacts & WorkflowTroubles & { signalRecord(orderId: string): Promise<void> };
}

/** How long an order is left alone after its last change: its workflow may still be on its way to the end. */
const QUIET_MS = 60_000;

/** The steps of the reconciliation. They read, but for the sweep of checks that ran out. With many orders they take minutes. */
export function createReconciliationActivities({ orm, clock, sealer, workflows }: ReconciliationDeps) {
  return {
    /**
     * Expires checks that ran out and that no running order decides about, and returns the orders that ended by it. Signals
     * the workflows that have not taken up what stands on their order's record.
     */
    async sweepExpiredChecks(): Promise<readonly string[]> {
      const isRunning = (orderId: string) => workflows.isOpen(orderId);
      const pending = await ordersWithPendingRecords(orm.em.fork(), new Date(clock().getTime() - QUIET_MS));
      for (const { id } of pending) await workflows.signalRecord(id);
      const { expired } = await withHeartbeats(expireChecks(orm, { now: clock(), isRunning }));
      return expired;
    },

    /** Ledger, holds, checks, orders and messages against each other, in one snapshot; then the texts of messages and receipts. */
    compareBooks: (): Promise<Drift[]> => withHeartbeats(compareBooks({ orm, clock, sealer })),

    /** Orders on record against the workflows that work on them, and those whose code fails. Marks the rows that nobody works on. */
    compareWorkflows: ({ quietForMs = QUIET_MS }: { quietForMs?: number } = {}): Promise<Drift[]> =>
      withHeartbeats(compareWorkflows({ orm, clock, workflows }, quietForMs)),
  };
}

async function compareBooks({ orm, clock, sealer }: Omit<ReconciliationDeps, 'workflows'>): Promise<Drift[]> {
  return [...(await reconcileBooks(orm)), ...(await textDrift(orm.em.fork(), clock(), sealer))];
}

async function compareWorkflows(
  { orm, clock, workflows }: Omit<ReconciliationDeps, 'sealer'>,
  quietForMs: number,
): Promise<Drift[]> {
  const drift = await reconcileWorkflows(orm, { facts: workflows, now: clock(), quietForMs });
  const unattended = drift
    .filter(({ kind }) => kind === 'workflow-missing')
    .map(({ orderId }) => parseOrderId(orderId ?? ''))
    .filter((orderId) => orderId !== undefined);
  const gone = await markUnattended(orm, unattended, (orderId) => workflows.status(orderId));
  const pending = await pendingRecordDrift(orm.em.fork(), new Date(clock().getTime() - quietForMs));
  const troubles = withTroubles(drift, gone, await workflows.troubles());
  // Of an order that nobody works on, that is what there is to say.
  return [...troubles, ...pending.filter(({ orderId }) => !troubles.some((found) => found.orderId === orderId))];
}

const HEARTBEAT_TIMEOUT_MS = 30_000;

/** Heartbeats while the work goes on, so that Temporal misses a worker that died over it long before the work's own bound. */
async function withHeartbeats<Result>(work: Promise<Result>): Promise<Result> {
  const context = Context.current();
  const everyMs = (context.info.heartbeatTimeoutMs ?? HEARTBEAT_TIMEOUT_MS) / 3;
  const timer = setInterval(() => context.heartbeat(), everyMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

export type ReconciliationActivities = ReturnType<typeof createReconciliationActivities>;
