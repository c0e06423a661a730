import { condition, proxyActivities, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/index.ts';
import type { OrderRefusal } from '../../domain/order.ts';
import { searchAttributes } from '../../temporal.config.ts';
import { awaitDecision, deliveryConfirmed } from '../../workflows/messages/definitions.ts';
import type { Decision, DeliveryConfirmed, OrderInput, OrderResult } from '../../workflows/messages/definitions.ts';

const steps = proxyActivities<OrderActivities>({ startToCloseTimeout: '30 seconds' });

/**
 * The same order as a good engineer writes it first: each step of the mission a regular activity, one after the other, the
 * two registrations and the two notices in parallel. It calls the same functions of the check office on the same database.
 */
export async function OrderWorkflow(input: OrderInput): Promise<OrderResult> {
  let decision: Decision | undefined;
  let confirmation: DeliveryConfirmed | undefined;
  setHandler(awaitDecision, async (): Promise<Decision> => {
    await condition(() => decision !== undefined);
    return decision ?? { kind: 'recorded' };
  });
  setHandler(deliveryConfirmed, (signal) => void (confirmation ??= signal));
  const refused = (refusal: OrderRefusal): OrderResult => {
    decision = { kind: 'refused', refusal };
    return { orderId: input.orderId, stage: 'rejected', refusal };
  };

  const pricing = await steps.priceOrder(input);
  if (pricing.kind !== 'priced') throw new Error(`not priced: ${pricing.kind}`);
  const credit = await steps.judgeCredit(input);
  if (credit.kind === 'refused') return refused(credit.refusal);
  const [seller, distributor] = await Promise.all([
    steps.verifySellerRegistration(input),
    steps.verifyDistributorRegistration(input),
  ]);
  if (seller.kind === 'refused') return refused(seller.refusal);
  if (distributor.kind === 'refused') return refused(distributor.refusal);
  const { lines, charge } = pricing;
  const issued = await steps.issueCheck({ ...input, lines, charge });
  if (issued.kind !== 'issued' || !issued.order.echeck) throw new Error(`not issued: ${issued.kind}`);
  decision = issued;

  const { orderId, buyerId, sellerId, distributorId, deliverToSealed, settleOn = 'delivery' } = input;
  const { number, jws } = issued.order.echeck;
  const parties = { orderId, buyerId, sellerId, paymentAgent: 'manual' } as const;
  const presentation = { ...parties, presentedBy: buyerId, echeck: jws, lines: input.lines, deliverToSealed };
  await steps.validateCheck({ ...presentation, attempt: 1, sellerAgent: 'manual' });
  await steps.acceptOrder(parties);
  await steps.indicatePayment(parties);
  await steps.scheduleDispatch({
    instruction: { orderId, sellerId, distributorId, lines: input.lines, deliverToSealed },
  });
  upsertSearchAttributes([{ key: searchAttributes.stage, value: 'scheduled' }]);

  await condition(() => confirmation !== undefined);
  const { eventId, deliveredAt } = confirmation ?? { eventId: '', deliveredAt: '' };
  const report = { eventId, kind: 'delivered', occurredAt: deliveredAt } as const;
  const completion = { orderId, sellerId, distributorId, checkNumber: number, confirmation: report };
  await Promise.all([steps.notifySellerOfCompletion(completion), steps.notifyOfficeOfCompletion(completion)]);
  await steps.settlePayment({ orderId, sellerId, buyerId, settleOn, charge, echeck: { number, jws } });
  upsertSearchAttributes([{ key: searchAttributes.stage, value: 'completed' }]);
  return { orderId, stage: 'completed' };
}
