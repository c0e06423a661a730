import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { state, type OrderState } from '../../workflows/messages/definitions.ts';
import type { StuckOrder } from './stuck.ts';

/** What a retry came to. */
export interface Retried {
  readonly outcome: string;
  readonly done: boolean;
}

/** A step that hangs is still being tried after this; the next look is `ops stuck`. */
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 300;
/** An order that shows the same trouble, and tries nothing, this many looks in a row has come back to it. */
const STILL = 6;

/** Follows an order that was just told to retry, until it went on, failed again, or the patience is over. */
export async function whatCameOf(client: Client, order: StuckOrder, patienceMs = PATIENCE_MS): Promise<Retried> {
  const toldAt = Date.now();
  let still = 0;
  for (;;) {
    const [now, tried] = await Promise.all([stateOf(client, order.id), triedStep(client, order, toldAt)]);
    const wentOn = now && wentOnTo(order, now);
    if (wentOn) return wentOn;
    if (tried?.failure !== undefined) return { outcome: `failed again: ${tried.failure}`, done: false };
    still = tried ? 0 : still + 1;
    if (still >= STILL) return { outcome: `failed again: ${now?.attention?.reason ?? order.reason}`, done: false };
    if (Date.now() - toldAt > patienceMs)
      return { outcome: `still trying ${order.step}, look again with \`ops stuck\``, done: true };
    await sleep(LOOK_EVERY_MS);
  }
}

function wentOnTo({ step }: StuckOrder, { stage, attention }: OrderState): Retried | undefined {
  if (attention?.step === step) return undefined;
  if (!attention) return { outcome: `went on, now ${stage}`, done: true };
  return { outcome: `went on, now ${stage}; stuck on ${attention.step}: ${attention.reason}`, done: false };
}

/** The order's own word; an ended one answers, too. `undefined` when nobody answers. */
async function stateOf(client: Client, id: string): Promise<OrderState | undefined> {
  try {
    return await client.withDeadline(Date.now() + PATIENCE_MS, () => client.workflow.getHandle(id).query(state));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error;
    return undefined;
  }
}

/** The step as a pending activity, and how it failed since the retry; `undefined` when it is not being tried. */
async function triedStep(
  client: Client,
  { id, step }: StuckOrder,
  toldAt: number,
): Promise<{ failure?: string } | undefined> {
  const { raw } = await client.workflow.getHandle(id).describe();
  const pending = (raw.pendingActivities ?? []).find(({ activityType }) => activityType?.name === step);
  if (!pending) return undefined;
  const endedAt = Number(pending.lastAttemptCompleteTime?.seconds ?? 0) * 1000;
  // The server's clock and ours differ a little; what failed long before the retry is old news.
  if (!pending.lastFailure || endedAt < toldAt - 2_000) return {};
  const failure = pending.lastFailure;
  return { failure: failure.message?.split('\n')[0] || failure.applicationFailureInfo?.type || 'no reason given' };
}
