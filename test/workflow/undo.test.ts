import { ApplicationFailure } from '@temporalio/common';
import { cancel, distributionEvent, intervene } from '../../workflows/messages/definitions.ts';
import { imaginedOrdersInRealTime, type ImaginedOrder, type ImaginedOrders } from './support/imagined-orders.ts';
import type { StepName, Steps } from './support/imagined-steps.ts';

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrdersInRealTime();
});
afterAll(() => imagined.close());

const CLOSED: StepName[] = ['closeOrder'];
const VOIDED: StepName[] = ['voidCheckIfIssued', ...CLOSED];
const REFUNDED: StepName[] = ['refundIfSettled', ...VOIDED];
const CALLED_BACK: StepName[] = ['cancelDispatchIfInstructed', ...REFUNDED];
const UNDOS = new Set(CALLED_BACK);

/**
 * Every step that can still be undone, with exactly the undos that follow, in their order, when the workflow stops at it, and
 * when it stops right after it: an undo is registered before its step, so by then the next step's undo may be, too.
 */
const UNDOS_OF: [StepName, StepName[], StepName[]][] = [
  ['priceOrder', CLOSED, VOIDED],
  ['judgeCredit', CLOSED, VOIDED],
  ['verifySellerRegistration', CLOSED, VOIDED],
  ['verifyDistributorRegistration', CLOSED, VOIDED],
  ['issueCheck', VOIDED, VOIDED],
  ['validateCheck', VOIDED, REFUNDED],
  ['acceptOrder', VOIDED, REFUNDED],
  ['settlePayment', REFUNDED, CALLED_BACK],
  ['indicatePayment', REFUNDED, CALLED_BACK],
  ['instructDistribution', CALLED_BACK, CALLED_BACK],
  ['scheduleDispatch', CALLED_BACK, CALLED_BACK],
  ['recordDistribution', CALLED_BACK, CALLED_BACK],
  ['rescheduleDispatch', CALLED_BACK, CALLED_BACK],
  ['changeDate', CALLED_BACK, CALLED_BACK],
];

const hopeless = () => Promise.reject(ApplicationFailure.nonRetryable('it can never be', 'NoSuchThing'));
const broken = () => Promise.reject(new Error('connect ECONNREFUSED'));

/** An order that goes through every step, paid at the notice, with one step changed. */
async function orderWith(step: StepName, change: (good: Steps) => Partial<Steps>): Promise<ImaginedOrder> {
  const manual = { acceptOrder: ['seller'], indicatePayment: ['buyer'], instructDistribution: ['distributor'] };
  const order = await imagined.order({
    steps: change,
    manual: step in manual ? manual[step as keyof typeof manual] : [],
    input: { settleOn: 'notice', ...(step === 'indicatePayment' && { presentation: 'auto' }) },
  });
  if (step === 'acceptOrder') await sayWhenAsked(order, 'accept');
  if (step === 'indicatePayment') await sayWhenAsked(order, 'indicatePayment');
  if (step === 'recordDistribution' || step === 'rescheduleDispatch') {
    const kind = step === 'recordDistribution' ? 'in_transit' : 'failed_attempt';
    await order.handle.signal(distributionEvent, { eventId: 'e1', kind, occurredAt: new Date().toISOString() });
  }
  if (step === 'changeDate') {
    await order.until(({ stage }) => stage === 'scheduled');
    const deliverAt = new Date((await imagined.nowMs()) + 3 * 86_400_000).toISOString();
    await order.handle.startUpdate('schedule', { args: [{ deliverAt }], waitForStage: 'ACCEPTED' });
  }
  return order;
}

async function sayWhenAsked(order: ImaginedOrder, update: 'accept' | 'indicatePayment'): Promise<void> {
  await order.until(({ waitingOn }) => waitingOn !== null);
  // Its answer comes with the ending; nobody waits for it here.
  await order.handle.startUpdate(update, { args: [{}], waitForStage: 'ACCEPTED' });
}

describe('fails at step N: an operator aborts, and exactly these undos are taken, in this order', () => {
  test.each(UNDOS_OF)('%s → %j', async (step, undos) => {
    const order = await orderWith(step, () => ({ [step]: hopeless }));
    await order.until(({ attention }) => attention?.step === step && attention.reason === 'Parked:NoSuchThing');
    const answer = await order.handle.executeUpdate(intervene, { args: [{ action: 'abort', reason: 'hopeless' }] });
    const paid = order.taken.includes('settlePayment') || undos.includes('refundIfSettled');
    expect(answer).toEqual({ ok: true, stage: paid ? 'refunded' : 'cancelled' });
    await order.end();
    expect(order.taken.filter((taken) => UNDOS.has(taken))).toEqual(undos);
  });
});

/** A step whose fast try fails, and whose second try waits until it is let go. */
function heldUp(step: StepName, effect: 'done' | 'answer lost') {
  const { promise: running, resolve: run } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let tries = 0;
  const steps = (good: Steps): Partial<Steps> => ({
    [step]: async (input: never) => {
      tries += 1;
      if (tries === 1) return broken();
      run();
      await released;
      const result = await (good[step] as (given: never) => Promise<unknown>)(input);
      return effect === 'done' ? result : broken();
    },
  });
  return { steps, running, release, tries: () => tries };
}

describe('cancelled during step N: the step comes to its end, then exactly these undos, in this order', () => {
  const lost = UNDOS_OF.map(([step, undos]) => ['answer lost', step, undos] as const);
  const done = UNDOS_OF.map(([step, , undos]) => ['done', step, undos] as const);
  test.each([...done, ...lost])('effect %s: %s → %j', async (effect, step, undos) => {
    const held = heldUp(step, effect);
    const order = await orderWith(step, held.steps);
    await held.running;
    const cancelled = await order.handle.startUpdate(cancel, {
      args: [{ reason: 'changed my mind', actor: 'olga', role: 'operator' }],
      waitForStage: 'ACCEPTED',
    });
    held.release();
    expect(await cancelled.result()).toMatchObject({ ok: true });
    await order.end();
    expect(order.taken.filter((taken) => UNDOS.has(taken))).toEqual(undos);
    const first = order.taken.findIndex((taken) => UNDOS.has(taken));
    if (effect === 'done') expect(order.taken.slice(0, first)).toContain(step);
    expect(held.tries()).toBe(2);
  });
});

describe("Temporal's own cancel, from its UI", () => {
  test('while a party is waited for, undoes as any cancel', async () => {
    const order = await imagined.order();
    await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
    await order.handle.cancel();
    expect(await order.end()).toMatchObject({ stage: 'cancelled' });
    expect(order.taken.filter((taken) => UNDOS.has(taken))).toEqual(CALLED_BACK);
    expect(order.given.closeOrder).toMatchObject({ ending: { actor: 'temporal' } });
  });

  test('at the very start, ends the order before anything was done', async () => {
    const held = heldUp('priceOrder', 'done');
    const order = await orderWith('priceOrder', held.steps);
    await held.running;
    await order.handle.cancel();
    held.release();
    expect(await order.end()).toMatchObject({ stage: 'cancelled' });
    expect(order.taken).not.toContain('issueCheck');
  });

  test('after the delivery, changes nothing any more', async () => {
    const held = heldUp('notifySellerOfCompletion', 'done');
    const order = await imagined.order({ steps: held.steps });
    await order.handle.signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
    await held.running;
    await order.handle.cancel();
    held.release();
    expect(await order.end()).toMatchObject({ stage: 'completed' });
  });
});

test('an undo that cannot be done raises attention, is tried until it works, and only then the order ends', async () => {
  let fixed = false;
  const order = await imagined.order({
    steps: () => ({ voidCheckIfIssued: () => (fixed ? Promise.resolve() : hopeless()) }),
  });
  await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
  const cancelled = await order.handle.startUpdate(cancel, { args: [{ reason: 'no' }], waitForStage: 'ACCEPTED' });
  await order.until(
    ({ attention }) => attention?.step === 'voidCheckIfIssued' && attention.reason === 'Parked:NoSuchThing',
  );
  fixed = true;
  await order.handle.executeUpdate(intervene, { args: [{ action: 'retry', reason: 'fixed' }] });
  expect(await cancelled.result()).toEqual({ ok: true, stage: 'cancelled' });
  expect(await order.end()).toMatchObject({ stage: 'cancelled' });
  expect(order.taken.slice(-4)).toEqual(CALLED_BACK);
});
