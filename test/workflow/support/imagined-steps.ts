import type { OrderActivities } from '../../../activities/index.ts';
import type { TransmissionActivities } from '../../../activities/transmissions/index.ts';
import type { TradingParty } from '../../../domain/suspension.ts';
import type { OrderView } from '../../../domain/order.ts';
import { checkNumberOf } from '../../../domain/ids.ts';
import type { OrderInput } from '../../../workflows/messages/definitions.ts';

export type StepName = keyof OrderActivities;
export type Steps = OrderActivities;
export type Transmissions = TransmissionActivities;

/** Who decides by hand, and who has a server of its own; everybody else acts at once. */
export interface Agents {
  readonly manual?: readonly string[];
  readonly sites?: readonly TradingParty[];
}

const CHARGE = { amount: 645, currency: 'EUR' } as const;
const DAY_MS = 86_400_000;

/** Steps that all go well, with parties that decide as `agents` says. Times count from the server's own clock. */
export function goodSteps(input: OrderInput, nowMs: number, { manual = [], sites = [] }: Agents = {}): Steps {
  const agentOf = (party: TradingParty) =>
    sites.includes(party) ? 'site' : manual.includes(party) ? 'manual' : 'auto';
  const paymentDemand = sites.includes('seller') ? 'own' : 'auto';
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
    judgeCredit: async () => ({ kind: 'good', agent: manual.includes('buyer') ? 'manual' : 'auto' }),
    verifySellerRegistration: async () => ({ kind: 'good', agent: agentOf('seller'), version: 1, paymentDemand }),
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
    changeDate: async ({ deliverAt }) => ({ kind: 'scheduled', deliverAt }),
    recordDistribution: async () => undefined,
    notifySellerOfCompletion: async () => ({ kind: 'done' }),
    notifyOfficeOfCompletion: async () => undefined,
    recordCompletion: async () => ({ kind: 'done' }),
    recordAcknowledgement: async () => undefined,
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

/** Parties' servers that sign for everything. */
export function goodTransmissions(nowMs: number): Transmissions {
  const received = async () => ({ kind: 'received' }) as const;
  return {
    presentToSeller: async () => ({ kind: 'promised' }),
    notifySellerOfPaymentIndication: received,
    instructDistributor: async () => ({
      kind: 'scheduled',
      deliverAt: new Date(nowMs + 2 * DAY_MS).toISOString(),
    }),
    scheduleAgain: async ({ attempt }) => ({
      kind: 'scheduled',
      deliverAt: new Date(nowMs + (3 + attempt) * DAY_MS).toISOString(),
    }),
    notifySellerOfCompletion: received,
    notifySellerOfPayment: received,
    notifySellerOfEnding: received,
    withdrawFromDistributor: received,
  };
}
