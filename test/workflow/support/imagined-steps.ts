import type { OrderActivities } from '../../../activities/index.ts';
import type { OrderView } from '../../../domain/order.ts';
import { checkNumberOf } from '../../../domain/ids.ts';
import type { OrderInput } from '../../../workflows/messages/definitions.ts';

export type StepName = keyof OrderActivities;
export type Steps = OrderActivities;

const CHARGE = { amount: 645, currency: 'EUR' } as const;
const DAY_MS = 86_400_000;

/** Steps that all go well, with parties that decide as `agents` says. Times count from the server's own clock. */
export function goodSteps(input: OrderInput, nowMs: number, manual: readonly string[] = []): Steps {
  const agentOf = (party: string) => (manual.includes(party) ? 'manual' : 'auto');
  const lines = input.lines.map((line) => ({ ...line, name: 'Rye, 1 kg', unitPrice: CHARGE, total: CHARGE }));
  const issued: OrderView = {
    ...input,
    id: input.orderId,
    settleOn: input.settleOn ?? 'delivery',
    stage: 'check_issued',
    attention: null,
    refusal: null,
    lines,
    charge: CHARGE,
    echeck: {
      number: checkNumberOf(input.orderId),
      status: 'issued',
      expiresAt: new Date(nowMs + 30 * DAY_MS).toISOString(),
      jws: 'head.body.signature',
    },
    distribution: null,
    payment: { status: 'held', amount: CHARGE },
    createdAt: input.requestedAt,
    updatedAt: input.requestedAt,
  };
  return {
    priceOrder: async () => ({ kind: 'priced', lines, charge: CHARGE }),
    judgeCredit: async () => ({ kind: 'good', agent: agentOf('buyer') }),
    verifySellerRegistration: async () => ({ kind: 'good', agent: agentOf('seller'), version: 1 }),
    verifyDistributorRegistration: async () => ({ kind: 'good', agent: agentOf('distributor'), version: 1 }),
    issueCheck: async () => ({ kind: 'issued', order: issued }),
    validateCheck: async () => ({ kind: 'valid' }),
    acceptOrder: async () => ({ kind: 'accepted' }),
    indicatePayment: async () => ({ kind: 'done' }),
    instructDistribution: async () => ({ kind: 'done' }),
    scheduleDispatch: async ({ deliverAt }) => ({
      kind: 'scheduled',
      deliverAt: deliverAt ?? new Date(nowMs + 2 * DAY_MS).toISOString(),
    }),
    rescheduleDispatch: async ({ attempt }) => ({
      kind: 'scheduled',
      deliverAt: new Date(nowMs + (3 + attempt) * DAY_MS).toISOString(),
    }),
    recordDistribution: async () => undefined,
    notifySellerOfCompletion: async () => ({ kind: 'done' }),
    notifyOfficeOfCompletion: async () => undefined,
    settlePayment: async () => ({ kind: 'settled' }),
    finaliseCheck: async () => ({ kind: 'final' }),
    voidCheckIfIssued: async () => undefined,
    cancelDispatchIfInstructed: async () => undefined,
    refundIfSettled: async () => (input.settleOn === 'notice' ? 'refunded' : 'nothing_paid'),
    closeOrder: async ({ ending }) => ({ kind: 'closed', ending }),
    decideEnding: async ({ ending }) => ({ kind: 'decided', ending }),
    recallOrder: () => Promise.reject(new Error('nothing is on record of an imagined order')),
    noteAttention: async () => undefined,
    noteIntervention: async () => undefined,
  };
}
