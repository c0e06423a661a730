import { failureLine } from '../../platform/payloads/failure-line.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { knownOrderId, messageOf } from './text.ts';
import { sendIntervention, type Acting } from './decide.ts';
import { needTemporal, type Connections } from './connections.ts';
import { listStuck, type StuckFilter, type StuckOrder } from './stuck.ts';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { state, type OrderState } from '../../workflows/messages/definitions.ts';

export interface BatchLine {
  readonly id: string;
  readonly outcome: string;
  readonly done: boolean;
}

export interface RetryOptions extends Acting {
  readonly dryRun?: boolean;
}

const CONCURRENT_RETRIES = 10;
/** So many orders at once would only keep the database from answering any. */
const PAUSE_MS = 50;

/**
 * Retries every order that is stuck as the filter says, and says what came of each; with `dryRun` only which they are. One that
 * refuses does not stop the others.
 */
export async function retryAll(
  connections: Connections,
  filter: StuckFilter,
  options: RetryOptions,
): Promise<BatchLine[]> {
  needTemporal(connections);
  const { orders } = await listStuck(connections, filter);
  if (options.dryRun)
    return orders.map(({ id, stage, reason }) => ({
      id,
      outcome: `would be retried (${stage}, ${reason})`,
      done: true,
    }));
  const lines: BatchLine[] = [];
  for (let at = 0; at < orders.length; at += CONCURRENT_RETRIES) {
    lines.push(
      ...(await Promise.all(
        orders.slice(at, at + CONCURRENT_RETRIES).map((order) => retryOne(connections, order, options)),
      )),
    );
    await sleep(PAUSE_MS);
  }
  return lines;
}

async function retryOne(
  connections: Connections,
  order: StuckOrder,
  { actor, because }: RetryOptions,
): Promise<BatchLine> {
  const { id } = order;
  try {
    const stage = await sendIntervention(connections, knownOrderId(id), { action: 'retry', reason: because, actor });
    if (stage === 'closed')
      return { id, outcome: 'no workflow works on it: `ops resume` it, or `ops abort` it', done: false };
    return { id, ...(await followRetry(needTemporal(connections).client, order)) };
  } catch (error) {
    return { id, outcome: messageOf(error), done: false };
  }
}

/** What a retry came to. */
export interface Retried {
  readonly outcome: string;
  readonly done: boolean;
}

/** A step that hangs is still being tried after this; the next look is `ops stuck`. */
const TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 300;
/** An order that shows the same failure, and attempts nothing, this many looks in a row has failed again. */
const STILL = 12;

/** Follows an order that was just asked to retry, until it went on, failed again, or the time is over. */
async function followRetry(client: Client, order: StuckOrder, timeoutMs = TIMEOUT_MS): Promise<Retried> {
  const sentAt = Date.now();
  let still = 0;
  for (;;) {
    const [now, tried] = await Promise.all([stateOf(client, order.id), triedStep(client, order, sentAt)]);
    const wentOn = now && wentOnTo(order, now);
    if (wentOn) return wentOn;
    if (tried?.failure !== undefined) return { outcome: `failed again: ${tried.failure}`, done: false };
    still = tried ? 0 : still + 1;
    if (still >= STILL) return { outcome: `failed again: ${now?.attention?.reason ?? order.reason}`, done: false };
    if (Date.now() - sentAt > timeoutMs)
      return { outcome: `still trying ${order.step}, look again with \`ops stuck\``, done: true };
    await sleep(LOOK_EVERY_MS);
  }
}

function wentOnTo({ step }: StuckOrder, { stage, attention }: OrderState): Retried | undefined {
  if (attention?.step === step) return undefined;
  if (!attention) return { outcome: `went on, now ${stage}`, done: true };
  return { outcome: `went on, now ${stage}; stuck on ${attention.step}: ${attention.reason}`, done: false };
}

/** The order's own answer; an ended one answers, too. `undefined` when no worker answers. */
async function stateOf(client: Client, id: string): Promise<OrderState | undefined> {
  try {
    return await client.withDeadline(Date.now() + TIMEOUT_MS, () => client.workflow.getHandle(id).query(state));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error;
    return undefined;
  }
}

/** The step as a pending activity, and how it failed since the retry; `undefined` when it is not being tried. */
async function triedStep(
  client: Client,
  { id, step }: StuckOrder,
  sentAt: number,
): Promise<{ failure?: string } | undefined> {
  const { raw } = await client.workflow.getHandle(id).describe();
  const pending = (raw.pendingActivities ?? []).find(({ activityType }) => activityType?.name === step);
  if (!pending) return undefined;
  const endedAt = Number(pending.lastAttemptCompleteTime?.seconds ?? 0) * 1000;
  // The server's clock and ours differ a little; what failed long before the retry says nothing.
  if (!pending.lastFailure || endedAt < sentAt - 2_000) return {};
  const failure = pending.lastFailure;
  const line = await failureLine(client, failure);
  return { failure: line || failure.applicationFailureInfo?.type || 'no reason given' };
}
