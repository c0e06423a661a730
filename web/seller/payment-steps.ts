import type { OrderEvent } from '../shared/events.ts';

type Event = Pick<OrderEvent, 'id' | 'type' | 'occurredAt'>;

/** One step of a payment; without a time it has not come yet. */
export interface PaymentStep {
  readonly id: string;
  readonly title: string;
  readonly occurredAt?: string;
}

/** What every payment goes through, in this order but for when it is settled. */
const EXPECTED = {
  distribution_promised: 'Accepted',
  payment_indicated: 'Indicated by the buyer',
  payment_demanded: 'Demanded',
  payment_settled: 'Settled',
} as const;

/** What undoes one. */
const UNDONE: Readonly<Record<string, string>> = {
  payment_refunded: 'Given back',
  check_stopped: 'Check stopped',
  check_voided: 'Check voided',
};

/** The steps of an order's payment out of its timeline: what happened, then what is still to come, unless it was undone. */
export function paymentSteps(timeline: readonly Event[]): readonly PaymentStep[] {
  const titles: Readonly<Record<string, string>> = { ...EXPECTED, ...UNDONE };
  const happened = timeline.flatMap(({ id, type, occurredAt }) => {
    const title = titles[type];
    return title === undefined ? [] : [{ id, title, occurredAt }];
  });
  if (timeline.some(({ type }) => type in UNDONE)) return happened;
  const seen = new Set(timeline.map(({ type }) => type));
  const toCome = Object.entries(EXPECTED).filter(([type]) => !seen.has(type));
  return [...happened, ...toCome.map(([id, title]) => ({ id, title }))];
}
