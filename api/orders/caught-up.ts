import { setTimeout as sleep } from 'node:timers/promises';
import { type OrderView, type Stage, stagesFrom } from '../../domain/order.ts';
import type { Answer } from '../../workflows/messages/definitions.ts';
import { Problem } from '../http/problem.ts';

/** How long a workflow may lie behind its record, in milliseconds, before its caller is asked to come back. */
const CATCH_UP_MS = 5_000;
const PAUSE_MS = 100;

/**
 * Sends a message to an order, again and again while its workflow refuses it only because it does not know yet what is on record
 * (`order`, as it is there): a step's answer may come a moment after its record, or be lost and asked for again.
 * Throws `service-unavailable` when that takes too long.
 */
export async function onceCaughtUp(
  { id, stage: recorded }: Pick<OrderView, 'id' | 'stage'>,
  send: () => Promise<Answer | 'closed'>,
): Promise<Answer | 'closed'> {
  let behindSince: number | undefined;
  for (;;) {
    const answer = await send();
    if (!isBehind(answer, recorded)) return answer;
    behindSince ??= Date.now();
    if (Date.now() - behindSince > CATCH_UP_MS) break;
    await sleep(PAUSE_MS);
  }
  const detail = `The order is still busy with what led it to ${recorded}: repeat the same request later. Nothing is half done.`;
  throw new Problem('service-unavailable', detail, { headers: { 'Retry-After': '10' }, extensions: { orderId: id } });
}

function isBehind(answer: Answer | 'closed', recorded: Stage): boolean {
  if (answer === 'closed' || answer.ok || !('stage' in answer) || answer.stage === undefined) return false;
  return answer.stage !== recorded && stagesFrom(answer.stage).includes(recorded);
}
