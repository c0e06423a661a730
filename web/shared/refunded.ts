import type { Money } from '../../client/index.ts';
import type { OrderEvent } from './events.ts';

type Event = Pick<OrderEvent, 'type' | 'body'>;

/** What was given back of an order by now, in minor units: the sum of its refunds. */
export function refundedOf(timeline: readonly Event[]): number {
  return timeline.filter(({ type }) => type === 'payment_refunded').reduce((sum, { body }) => sum + amountIn(body), 0);
}

/** What can still be given back of what was settled. */
export function leftOf(settled: Money, timeline: readonly Event[]): Money {
  return { ...settled, amount: settled.amount - refundedOf(timeline) };
}

function amountIn({ amount }: Event['body']): number {
  const { amount: minor } = Object(amount) as { amount?: unknown };
  return typeof minor === 'number' ? minor : 0;
}
