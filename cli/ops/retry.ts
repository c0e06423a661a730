import { setTimeout as sleep } from 'node:timers/promises';
import { knownOrderId, messageOf } from './words.ts';
import { tell, type Acting } from './decide.ts';
import { needTemporal, type Reach } from './reach.ts';
import { listStuck, type StuckFilter, type StuckOrder } from './stuck.ts';
import { whatCameOf } from './retried.ts';

export interface BatchLine {
  readonly id: string;
  readonly outcome: string;
  readonly done: boolean;
}

export interface RetryOptions extends Acting {
  readonly dryRun?: boolean;
}

const TOLD_AT_ONCE = 10;
/** So many orders at once would only keep the database from answering any. */
const PAUSE_MS = 50;

/**
 * Retries every order that is stuck on one step and says what came of each; with `dryRun` only which they are. One that
 * refuses stops nobody.
 */
export async function retryAll(
  reach: Reach,
  filter: StuckFilter & { readonly step: string },
  options: RetryOptions,
): Promise<BatchLine[]> {
  needTemporal(reach);
  const { orders } = await listStuck(reach, filter);
  if (options.dryRun)
    return orders.map(({ id, stage, reason }) => ({
      id,
      outcome: `would be retried (${stage}, ${reason})`,
      done: true,
    }));
  const lines: BatchLine[] = [];
  for (let at = 0; at < orders.length; at += TOLD_AT_ONCE) {
    lines.push(
      ...(await Promise.all(orders.slice(at, at + TOLD_AT_ONCE).map((order) => retryOne(reach, order, options)))),
    );
    await sleep(PAUSE_MS);
  }
  return lines;
}

async function retryOne(reach: Reach, order: StuckOrder, { actor, because }: RetryOptions): Promise<BatchLine> {
  const { id } = order;
  try {
    const stage = await tell(reach, knownOrderId(id), { action: 'retry', reason: because, actor });
    if (stage === 'closed')
      return { id, outcome: 'no workflow works on it: `ops resume` it, or `ops abort` it', done: false };
    return { id, ...(await whatCameOf(needTemporal(reach).client, order)) };
  } catch (error) {
    return { id, outcome: messageOf(error), done: false };
  }
}
