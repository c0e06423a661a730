import type { OrderActivities } from '../activities/index.ts';
import { isOnTheWay, type DistributionStatus } from '../domain/delivery.ts';
import type { Progress } from './record.ts';

export type StepName = keyof OrderActivities;
type Input<Name extends StepName> = Parameters<OrderActivities[Name]>[0];
type Answer<Name extends StepName> = Awaited<ReturnType<OrderActivities[Name]>>;

/** How far the order has come by a step. */
export type News = Partial<Omit<Progress, 'reports'>> & { readonly reports?: readonly string[] };

/** What a step that was answered so has left on record. */
export interface StepRule<Name extends StepName> {
  /** Its answer says that it put something on record. Absent: always. */
  readonly wrote?: (answer: Answer<Name>) => boolean;
  /** The keys of the events by which it is known to be on record. */
  readonly keys: (input: Input<Name>, answer: Answer<Name>) => readonly string[];
  readonly news: (input: Input<Name>, answer: Answer<Name>) => News;
}

const answered =
  (...kinds: readonly string[]) =>
  (answer: { readonly kind: string } | undefined | void): boolean =>
    // Older histories hold no answer of some steps: then they were done.
    answer === undefined || kinds.includes(answer.kind);

const NOTHING = () => ({});
const SCHEDULED = answered('scheduled');

/** Every step of an order: what it leaves on record, and what its workflow knows from then on. */
export const STEP_RULES: { readonly [Name in StepName]: StepRule<Name> | 'reads' } = {
  priceOrder: 'reads',
  judgeCredit: 'reads',
  verifySellerRegistration: 'reads',
  verifyDistributorRegistration: 'reads',
  recallOrder: 'reads',
  issueCheck: {
    wrote: answered('issued'),
    keys: () => ['check_issued'],
    news: () => ({ stage: 'check_issued' }),
  },
  validateCheck: {
    wrote: answered('valid', 'refused'),
    keys: ({ attempt }, { kind }) => [kind === 'refused' ? `check_refused:${attempt}` : 'check_presented'],
    news: ({ sellerAgent, paymentAgent }, answer) => {
      if (answer.kind !== 'valid') return {};
      if (sellerAgent !== 'auto' || answer.withheld) return { stage: 'presented' };
      return { stage: 'accepted', ...(paymentAgent === 'auto' && { indicated: true }) };
    },
  },
  acceptOrder: {
    wrote: answered('accepted'),
    keys: () => ['distribution_promised'],
    news: ({ paymentAgent }) => ({ stage: 'accepted', ...(paymentAgent === 'auto' && { indicated: true }) }),
  },
  indicatePayment: {
    wrote: answered('done'),
    keys: () => ['payment_indicated'],
    news: () => ({ indicated: true }),
  },
  instructDistribution: {
    wrote: answered('done'),
    keys: () => ['distribution_instructed'],
    news: () => ({ instructed: true }),
  },
  scheduleDispatch: {
    wrote: SCHEDULED,
    keys: () => ['dispatch_scheduled'],
    news: (_input, answer) => ({ stage: 'scheduled', instructed: true, ...dateOf(answer) }),
  },
  rescheduleDispatch: {
    wrote: SCHEDULED,
    keys: ({ attempt }) => [`dispatch_scheduled:${attempt}`],
    news: (_input, answer) => dateOf(answer),
  },
  changeDate: {
    wrote: SCHEDULED,
    keys: ({ change }) => [`dispatch_scheduled:${change}`],
    news: (_input, answer) => dateOf(answer),
  },
  recordDistribution: {
    keys: ({ reports }) => reports.map(({ eventId }) => `distribution:${eventId}`),
    news: ({ reports, status }) => ({
      reports: reports.map(({ eventId }) => eventId),
      ...(isOnTheWay(status as DistributionStatus) && { stage: 'in_distribution' }),
    }),
  },
  notifySellerOfCompletion: {
    wrote: answered('done'),
    keys: () => ['completion_notified_seller'],
    news: ({ confirmation: { eventId } }) => ({ stage: 'delivered', reports: [eventId] }),
  },
  recordCompletion: {
    wrote: answered('done'),
    keys: () => ['distribution_completed'],
    news: ({ confirmation: { eventId } }) => ({ stage: 'delivered', reports: [eventId] }),
  },
  recordAcknowledgement: { keys: () => ['completion_notified_seller'], news: NOTHING },
  notifyOfficeOfCompletion: { keys: () => ['completion_notified_office'], news: NOTHING },
  settlePayment: {
    wrote: answered('settled', 'refunded'),
    keys: () => ['payment_settled'],
    news: ({ settleOn, staysOpen }, { kind }) => ({
      paid: true,
      ...(kind === 'settled' && settleOn === 'delivery' && !staysOpen && { stage: 'completed' }),
    }),
  },
  finaliseCheck: {
    keys: () => ['check_finalised'],
    news: (_input, { kind }) => ({ stage: kind === 'final' ? 'completed' : 'refunded' }),
  },
  decideEnding: { wrote: answered('decided'), keys: () => ['order_ended'], news: NOTHING },
  voidCheckIfIssued: { keys: () => ['order_ended'], news: NOTHING },
  cancelDispatchIfInstructed: { keys: () => ['order_ended'], news: NOTHING },
  refundIfSettled: { keys: () => ['order_ended'], news: NOTHING },
  closeOrder: {
    keys: () => ['order_ended'],
    news: ({ ending }, closed) => ({ stage: closed?.kind === 'closed' ? closed.ending.stage : ending.stage }),
  },
  noteAttention: { keys: ({ event }) => [event.key], news: NOTHING },
  noteIntervention: { keys: ({ event }) => [event.key], news: NOTHING },
};

function dateOf(answer: { readonly kind: string; readonly deliverAt?: string }): News {
  return { deliverAt: answer.deliverAt };
}
