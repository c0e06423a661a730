import type { PaymentDemanding } from '../../domain/settlement.ts';
import { PARTY_REFUSED, type Suspended, SUSPENDED_REASONS, type TradingParty } from '../../domain/suspension.ts';
import { timeouts } from '../../temporal.config.ts';
import { runStep } from '../runtime/run-step.ts';
import type { RunningOrder } from '../runtime/running-order.ts';
import { clearAttention, raiseAttention } from '../runtime/visibility.ts';
import { retriesKnown, waitFor } from '../runtime/waiting.ts';

/** A step that a suspended party keeps from being taken. */
export interface Withheld extends Pick<Suspended, 'party'> {
  /** Where the order needs a person. */
  readonly step: 'acceptOrder' | 'instructDistribution' | 'scheduleDispatch' | 'settlePayment';
  /** What else ends the wait: something that was said meanwhile. */
  readonly otherwise?: () => boolean;
  /** How it is waited: while a seller may demand its payment, `waitPaying`. */
  readonly wait?: typeof waitFor;
  /** Default: for as long as it takes. */
  readonly boundMs?: number;
}

/**
 * Waits until the party may act again, and says until then that the order needs a person. Asked at once when its registration
 * changes or an operator wants a retry, and by itself from time to time, for a signal may be lost. `false`: time ran out.
 */
export async function untilActive(order: RunningOrder, withheld: Withheld): Promise<boolean> {
  const { step, party, otherwise = () => false, wait = waitFor, boundMs } = withheld;
  const { inbox } = order;
  const endsAt = boundMs === undefined ? Infinity : Date.now() + boundMs;
  raiseAttention(order, step, SUSPENDED_REASONS[party], 'operator');
  let { retries } = inbox;
  for (
    let retryAfterMs = timeouts.replanFirstMs;
    ;
    retryAfterMs = Math.min(2 * retryAfterMs, timeouts.suspendedMostMs)
  ) {
    const before = retriesKnown(order, retries);
    const waitMs = Math.max(1, Math.min(retryAfterMs, endsAt - Date.now()));
    await wait(order, 'operator', () => otherwise() || inbox.retries > before, waitMs);
    if (otherwise()) return true;
    ({ retries } = inbox);
    if ((await registrationOf(order, party)).isActive) break;
    if (Date.now() >= endsAt) return false;
  }
  clearAttention(order, step);
  return true;
}

/** Whether the step is one that a suspended party withholds: also in a new run, or after somebody spoke. */
export function withheldBy(order: RunningOrder, step: Withheld['step']): TradingParty | undefined {
  const reason = order.attention.get(step)?.reason;
  return (['seller', 'distributor'] as const).find((party) => SUSPENDED_REASONS[party] === reason);
}

/**
 * How the party is registered now, by the same questions as before the check; what else they refuse does not concern an order that
 * has its check.
 */
export async function registrationOf(
  order: RunningOrder,
  party: TradingParty,
): Promise<{ readonly isActive: boolean; readonly paymentDemand?: PaymentDemanding }> {
  const judged =
    party === 'seller'
      ? // When the seller is paid was settled with the judgement.
        await runStep(order, 'verifySellerRegistration', { ...order.input, settleOn: undefined })
      : await runStep(order, 'verifyDistributorRegistration', order.input);
  if (judged.kind === 'refused') return { isActive: judged.refusal.code !== PARTY_REFUSED[party] };
  return { isActive: true, ...('paymentDemand' in judged && { paymentDemand: judged.paymentDemand }) };
}
