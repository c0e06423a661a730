import { refundOrder } from '../../office/orders/index.ts';
import { stopCheck } from '../../office/checks/index.ts';
import type { PastOrder } from './order.ts';
import { DEMANDING_SELLER, euros } from './parties.ts';
import type { Past } from './past.ts';
import { CHECK_LIFETIME_MS, HOUR_MS, MINUTE_MS, type StoryName } from './plan.ts';

/** What happens, moment by moment: each yields when it goes on. */
export type Moments = AsyncGenerator<Date, void, void>;

/** One order from its request to its end. */
export async function* tell(past: Past, order: PastOrder): Moments {
  if (await order.request()) yield* STORIES[order.plan.story](order, past);
}

type Story = (order: PastOrder, past: Past) => Moments;

const STORIES: Record<StoryName, Story> = {
  completed: complete,

  async *failedAttempt(order) {
    yield* untilScheduled(order);
    yield* carry(order);
    yield order.deliverAt;
    await order.report(
      'failed_attempt',
      order.random.pick(['Nobody was there.', 'The door was locked.', 'No access to the yard.']),
    );
    await order.scheduleAgain();
    yield* handOver(order);
  },

  /** The database was away for a while when the seller was to be paid; the order went on by itself. */
  async *retried(order) {
    yield* untilScheduled(order);
    yield* carry(order);
    yield laterOf(order, order.deliverAt);
    await order.deliver();
    yield order.in(1);
    await order.attention({ step: 'settlePayment', reason: 'DatabaseUnavailable', waitingOn: 'operator' });
    yield order.in(12, 45);
    await order.attention(null, 'settlePayment');
    yield* pay(order);
  },

  async *refunded(order, past) {
    yield* complete(order);
    yield order.in(5 * 60, 40 * 60);
    await refund(order, past, 'The goods were damaged.');
  },

  async *partlyRefunded(order, past) {
    yield* complete(order);
    yield order.in(5 * 60, 40 * 60);
    const amount = Math.max(1, Math.round(order.plan.chargeMinor * order.random.pick([0.1, 0.25, 0.5])));
    await refund(order, past, 'A part of the goods was missing.', amount);
  },

  async *returned(order) {
    yield* untilScheduled(order);
    yield* carry(order);
    yield order.deliverAt;
    await order.report('failed_attempt', 'The receiver has moved.');
    await order.scheduleAgain();
    yield order.in(20 * 60, 30 * 60);
    await order.report('returned');
    await order.end({ stage: 'refunded', reason: 'The goods were returned.', actor: order.plan.distributorId });
  },

  async *lost(order) {
    yield* untilScheduled(order);
    yield* carry(order);
    yield order.deliverAt;
    yield order.in(60, 20 * 60);
    await order.report('lost');
    await order.end({ stage: 'refunded', reason: 'The goods were lost.', actor: order.plan.distributorId });
  },

  declined: nothingMore,
  sellerNotRegistered: nothingMore,
  distributorNotRegistered: nothingMore,
  notDeliverable: nothingMore,

  async *refusedBySeller(order) {
    yield* present(order);
    yield order.in(20, 9 * 60);
    const detail = order.random.pick(['Out of stock until next week.', 'We do not deliver there in this season.']);
    const refusal = { code: 'refused-by-seller', detail } as const;
    await order.end({ stage: 'rejected', reason: detail, actor: order.plan.sellerId, refusal });
  },

  async *notPresented(order) {
    yield whenTheCheckRanOut(order);
    await order.end({ stage: 'expired', reason: 'The check was not presented in time.', actor: 'service' });
  },

  async *notDecided(order) {
    const ranOut = whenTheCheckRanOut(order);
    yield* present(order);
    yield ranOut;
    await order.end({ stage: 'expired', reason: 'The seller did not decide in time.', actor: 'service' });
  },

  async *cancelledEarly(order) {
    yield order.in(2, 300);
    await order.end({ stage: 'cancelled', reason: 'Ordered by mistake.', actor: order.plan.buyerId });
  },

  async *cancelledLate(order) {
    yield* untilScheduled(order);
    yield order.in(10, 200);
    await order.end({ stage: 'cancelled', reason: 'Not needed any more.', actor: order.plan.buyerId });
  },

  async *stopped(order, past) {
    yield order.in(1, 120);
    const { buyerId } = order.plan;
    const reason = 'The terminal was lost.';
    const stopped = await stopCheck(past.orm, { number: order.checkNumber, buyerId, actor: buyerId, reason });
    if (!stopped.ok) throw new Error(stopped.detail);
    await order.end({ stage: 'cancelled', reason, actor: buyerId });
  },

  async *aborted(order) {
    yield* present(order);
    yield order.in(30, 200);
    const step = 'acceptOrder';
    await order.attention({ step, reason: 'SellerSuspended', waitingOn: 'operator' });
    yield order.in(2 * 60, 12 * 60);
    const [actor, reason] = ['operator-olga', 'The seller has closed for the season.'];
    await order.intervene(actor, {
      action: 'abort',
      reason,
      on: step,
      effect: 'the order ends, and everything done for it is undone',
    });
    await order.attention(null, step);
    await order.end({ stage: 'cancelled', reason, actor });
  },
};

/** The judgement has ended the order. */
function nothingMore(order: PastOrder): never {
  throw new Error(`order ${order.id} was to be refused`);
}

async function* complete(order: PastOrder): Moments {
  yield* untilScheduled(order);
  yield* carry(order);
  yield* handOver(order);
}

async function* present(order: PastOrder): Moments {
  if (order.plan.byHand) yield order.in(2, 150);
  await order.present();
}

/** Presented, promised, the payment indicated, and a date fixed. */
async function* untilScheduled(order: PastOrder): Moments {
  yield* present(order);
  if (order.agents.seller === 'manual') {
    yield order.in(15, 8 * 60);
    await order.accept();
  }
  if (order.plan.settleOn === 'notice' && !demandsItself(order)) await order.settle();
  if (order.plan.byHand) {
    yield order.in(1, 90);
    await order.indicatePayment();
  }
  if (order.agents.distributor === 'manual') {
    await order.instruct();
    yield order.in(20, 6 * 60);
  }
  await order.schedule();
}

/** On the way to the receiver. */
async function* carry(order: PastOrder): Moments {
  yield laterOf(order, new Date(order.deliverAt.getTime() - order.random.between(4, 9) * HOUR_MS));
  await order.report('picked_up');
  yield laterOf(order, new Date(order.now.getTime() + order.random.between(20, 90) * MINUTE_MS));
  await order.report('in_transit');
}

async function* handOver(order: PastOrder): Moments {
  yield laterOf(order, new Date(order.deliverAt.getTime() + order.random.between(-20, 50) * MINUTE_MS));
  await order.deliver();
  yield* pay(order);
}

async function* pay(order: PastOrder): Moments {
  if (demandsItself(order)) yield order.in(30, 20 * 60);
  if (demandsItself(order)) return order.settle(`INV-${order.plan.key.replace('history-', '')}`);
  await (order.plan.settleOn === 'notice' ? order.finalise() : order.settle());
}

function demandsItself({ plan }: PastOrder): boolean {
  return plan.sellerId === DEMANDING_SELLER;
}

async function refund({ id, plan }: PastOrder, past: Past, reason: string, amountMinor?: number): Promise<void> {
  const amount = amountMinor === undefined ? undefined : euros(amountMinor);
  const refunded = await refundOrder(past.orm, { orderId: id, amount, reason, actor: plan.sellerId, key: plan.key });
  if (!refunded.ok) throw new Error(refunded.detail);
}

function whenTheCheckRanOut({ now }: PastOrder): Date {
  return new Date(now.getTime() + CHECK_LIFETIME_MS);
}

/** Never before now. */
function laterOf({ now }: PastOrder, at: Date): Date {
  const soon = new Date(now.getTime() + MINUTE_MS);
  return at > soon ? at : soon;
}
