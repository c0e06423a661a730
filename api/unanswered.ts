import type { OrderId } from '../domain/ids.ts';
import type { Party } from './auth/party.ts';
import type { ApiDeps } from './deps.ts';
import { isOutage } from './http/outage.ts';
import { Problem } from './http/problem.ts';

/** What a party is told, who can do nothing about it but repeat. */
const FOR_PARTIES =
  'Nobody tells this order on just now. It may still hear of this when it can go on: repeat the same request, or read the order. Nothing is half done.';

/**
 * An order's workflow did not answer: throws why, where Temporal knows it (nobody reads its queue, its code fails), otherwise
 * the error itself. Operators are told the cause.
 */
export async function whyUnanswered(
  { gateway: { health } }: ApiDeps,
  party: Party,
  orderId: OrderId,
  error: unknown,
): Promise<never> {
  if (!isOutage(error)) throw error;
  const cause = await health.whyStill(orderId).catch(() => undefined);
  if (cause === undefined) throw error;
  const detail = party.role === 'operator' ? `${FOR_PARTIES} The cause: ${cause}.` : FOR_PARTIES;
  throw new Problem('service-unavailable', detail, { headers: { 'Retry-After': '10' }, extensions: { orderId } });
}
