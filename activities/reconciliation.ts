import type { Drift } from '../domain/reconciliation.ts';
import { expireChecks } from '../office/expiry.ts';
import { reconcileBooks, reconcileWorkflows, type WorkflowFacts } from '../office/reconciliation.ts';
import type { Orm } from '../platform/orm.ts';

export interface ReconciliationDeps {
  readonly orm: Orm;
  readonly clock: () => Date;
  readonly workflows: WorkflowFacts;
}

/** How long an order is left alone after its last change: its workflow may still be on its way to the end. */
const QUIET_MS = 60_000;

/** The steps of the reconciliation. They read, but for the sweep of checks that ran out. */
export function createReconciliationActivities({ orm, clock, workflows }: ReconciliationDeps) {
  return {
    /** Expires checks that ran out and that no running order decides about. Returns the orders that ended by it. */
    async sweepExpiredChecks(): Promise<readonly string[]> {
      const isRunning = (orderId: string) => workflows.isOpen(orderId);
      const { expired } = await expireChecks(orm, { now: clock(), isRunning });
      return expired;
    },

    /** Ledger, holds, checks and orders against each other, in one snapshot. */
    compareBooks: (): Promise<Drift[]> => reconcileBooks(orm),

    /** Orders on record against the workflows that work on them. */
    compareWorkflows: ({ quietForMs = QUIET_MS }: { quietForMs?: number } = {}): Promise<Drift[]> =>
      reconcileWorkflows(orm, { facts: workflows, now: clock(), quietForMs }),
  };
}

export type ReconciliationActivities = ReturnType<typeof createReconciliationActivities>;
