import type { OrderId } from '../domain/ids.ts';
import type { ApiDeps } from './deps.ts';
import { isOutage } from './http/outage.ts';
import { Problem } from './http/problem.ts';

/**
 * An order's workflow did not answer: throws why, where Temporal knows it (nobody reads the queue, the workflow's code
 * fails), otherwise the error itself.
 */
export async function whyUnanswered(
  { gateway: { health } }: ApiDeps,
  orderId: OrderId,
  error: unknown,
): Promise<never> {
  if (!isOutage(error)) throw error;
  const [readers, failure] = await Promise.all([
    orNothing(health.readership()),
    orNothing(health.taskFailure(orderId)),
  ]);
  const unheard = 'The order has not answered; it may still hear of this when it can go on.';
  const headers = { 'Retry-After': '10' };
  const extensions = { orderId };
  if (readers && !readers.ok)
    throw new Problem('service-unavailable', `${unheard} The cause: ${readers.detail}.`, { headers, extensions });
  if (failure)
    throw new Problem('service-unavailable', `${unheard} Its workflow fails: ${failure.message}`, {
      headers,
      extensions,
    });
  throw error;
}

function orNothing<Result>(answer: Promise<Result>): Promise<Result | undefined> {
  return answer.catch(() => undefined);
}
