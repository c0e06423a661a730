import { Context } from '@temporalio/activity';
import type { Drift } from '../domain/reconciliation.ts';
import {
  type ComparisonDeps,
  compareWorkflows,
  reconcileBooks,
  sweep,
  textDrift,
} from '../office/reconciliation/index.ts';
import type { Sealer } from '../platform/sealing.ts';

export interface ReconciliationDeps extends ComparisonDeps {
  /** Opens the texts of messages and receipts. */
  readonly sealer: Sealer;
}

/** The steps of the reconciliation. They read, but for the sweep of checks that ran out. With many orders they take minutes. */
export function createReconciliationActivities(deps: ReconciliationDeps) {
  return {
    /** Expires checks that ran out, and has workflows take up what stands on their order's record. */
    sweepExpiredChecks: (): Promise<readonly string[]> => withHeartbeats(sweep(deps)),

    /** Ledger, holds, checks, orders and messages against each other, in one snapshot; then the texts of messages and receipts. */
    compareBooks: (): Promise<Drift[]> => withHeartbeats(compareBooks(deps)),

    /** Orders on record against the workflows that work on them, or did, and those whose code fails. Marks the rows that nobody works on. */
    compareWorkflows: ({ quietForMs }: { quietForMs?: number } = {}): Promise<Drift[]> =>
      withHeartbeats(compareWorkflows(deps, { quietForMs })),
  };
}

async function compareBooks({ orm, clock, sealer }: ReconciliationDeps): Promise<Drift[]> {
  return [...(await reconcileBooks(orm)), ...(await textDrift(orm.em.fork(), clock(), sealer))];
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
