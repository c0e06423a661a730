import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { reconciliationOptions } from '../../workflows/messages/reconciliation-start.ts';
import {
  RECONCILIATION_WORKFLOW,
  type ReconciliationResult,
  type ReconciliationWorkflow,
} from '../../workflows/reconciliation.ts';
import { answers, type Connections, isUnreachable, needTemporal } from './connections.ts';

/** After this long the cause of the delay is looked for. With many orders a comparison takes minutes, which is normal. */
const TIMEOUT_MS = 15_000;
const LOOK_EVERY_MS = 2_000;

/** Has a worker compare the books now, in addition to the schedule, and waits for what it finds. Needs a worker, and says so. */
export async function reconcileNow(connections: Connections): Promise<ReconciliationResult> {
  const { client, health } = needTemporal(connections);
  const queue = await health.taskQueue();
  if (!queue.ok) throw new Error(`the comparison needs a worker: ${queue.detail}`);
  const handle = await client.workflow.start<typeof ReconciliationWorkflow>(
    RECONCILIATION_WORKFLOW,
    reconciliationOptions(randomUUID()),
  );
  const over = new AbortController();
  try {
    const ended = await Promise.race([handle.result(), failure(connections, handle, over.signal)]);
    if (typeof ended !== 'string') return ended;
    await handle.terminate('it cannot go on: its caller has the reason').catch(() => undefined);
    throw new Error(ended);
  } finally {
    over.abort();
  }
}

/** Says why a comparison cannot go on, as soon as it is known. */
async function failure(connections: Connections, handle: WorkflowHandle, over: AbortSignal): Promise<string> {
  await sleep(TIMEOUT_MS, undefined, { signal: over });
  for (;;) {
    const trouble = await failureOf(connections, handle);
    if (trouble) return trouble;
    await sleep(LOOK_EVERY_MS, undefined, { signal: over });
  }
}

async function failureOf({ books, notes }: Connections, handle: WorkflowHandle): Promise<string | undefined> {
  const reachable = books ? await answers(books) : !notes.some(isUnreachable);
  if (!reachable) return DATABASE_AWAY;
  const { raw } = await handle.describe();
  const failed = (raw.pendingActivities ?? []).find(({ lastFailure }) => lastFailure);
  const [line] = (failed?.lastFailure?.message ?? '').split('\n');
  return (
    failed && `the comparison fails (${line || 'no reason given'}): remove the cause, then repeat \`ops reconcile\``
  );
}

const DATABASE_AWAY =
  'nothing was compared, because the database does not answer: look at its machine and disk, start it again, ' +
  'then repeat `ops reconcile`';
