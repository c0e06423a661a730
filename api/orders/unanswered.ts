import { isGrpcDeadlineError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { OrderId } from '../../domain/ids.ts';
import type { OwnAttention } from '../../platform/order-health/health.ts';
import type { Party } from '../auth/party.ts';
import type { ApiDeps } from '../deps.ts';
import { isOutage } from '../http/outage.ts';
import { Problem } from '../http/problem.ts';

const NOTHING_HALF_DONE =
  'It may still hear of this when it can go on: repeat the same request, or read the order. Nothing is half done.';
/** What a party is told, who can do nothing about it but repeat. */
const NOBODY_TELLS = `No worker can take this order further just now. ${NOTHING_HALF_DONE}`;

/**
 * An order's workflow did not answer: throws why, where Temporal knows it (nobody reads its queue, its code fails, the order
 * itself waits at a step), otherwise the error itself. Operators are told the cause.
 */
export async function whyUnanswered(deps: ApiDeps, party: Party, orderId: OrderId, error: unknown): Promise<never> {
  if (!isOutage(error)) throw error;
  const detail = await wordsFor(deps, party, orderId, isLate(error));
  if (detail === undefined) throw error;
  throw new Problem('service-unavailable', detail, { headers: { 'Retry-After': '10' }, extensions: { orderId } });
}

/** `undefined` when Temporal cannot say it, which then is what is away. */
async function wordsFor(
  { gateway: { health } }: ApiDeps,
  party: Party,
  orderId: OrderId,
  late: boolean,
): Promise<string | undefined> {
  try {
    const cause = await health.whyStill(orderId);
    if (cause !== undefined) return party.role === 'operator' ? `${NOBODY_TELLS} The cause: ${cause}.` : NOBODY_TELLS;
    return late ? notYet(await health.attention(orderId)) : undefined;
  } catch {
    return undefined;
  }
}

/** Temporal is there and the order is read: it is the order that waits. What it waits for, its parties may read anyway. */
function notYet(attention: OwnAttention | undefined): string {
  const why = attention ? `: it waits at its step ${attention.step} (${attention.reason})` : ' in time';
  return `The order has not answered${why}. ${NOTHING_HALF_DONE} Repeat the same request later.`;
}

function isLate(error: unknown): boolean {
  return error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error);
}
