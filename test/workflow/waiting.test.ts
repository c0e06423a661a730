import { ApplicationFailure } from '@temporalio/common';
import {
  deliveryConfirmed,
  accept,
  intervene,
  indicatePayment,
  present,
  schedule,
} from '../../workflows/messages/definitions.ts';
import { untilTaken } from './support/histories.ts';
import { until } from '../support/until.ts';
import { imaginedOrders, type ImaginedOrders } from './support/imagined-orders.ts';

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrders();
});
afterAll(() => imagined.close());

const DELIVERED = { eventId: 'e1', deliveredAt: new Date().toISOString() };
const HELD_UP = ['voidCheckIfIssued', 'closeOrder'];

describe('a wait for a party is bounded, and running out of time is a named outcome', () => {
  test('a check that is not presented expires', async () => {
    const order = await imagined.order({ input: { presentation: 'manual' } });
    await order.until(({ waitingOn }) => waitingOn === 'buyer-ada');
    expect(await order.end()).toMatchObject({ stage: 'expired' });
    expect(order.taken.slice(-2)).toEqual(HELD_UP);
    expect(order.given.closeOrder).toMatchObject({ ending: { reason: 'The check was not presented in time.' } });
  });

  test('a presentation that the seller does not decide on expires with its check', async () => {
    const order = await imagined.order({ manual: ['seller'] });
    await order.until(({ waitingOn }) => waitingOn === 'seller-mill');
    expect(await order.end()).toMatchObject({ stage: 'expired' });
    expect(order.taken.slice(-2)).toEqual(HELD_UP);
  });

  test('a payment that the buyer does not indicate expires the order', async () => {
    const order = await imagined.order({ input: { payment: 'manual' } });
    await order.until(({ stage, waitingOn }) => stage === 'accepted' && waitingOn === 'buyer-ada');
    expect(await order.end()).toMatchObject({ stage: 'expired' });
    expect(order.taken.slice(-3)).toEqual(['refundIfSettled', ...HELD_UP]);
  });

  test('when the seller was paid at the notice, it refunds it', async () => {
    const order = await imagined.order({ input: { payment: 'manual', settleOn: 'notice' } });
    expect(await order.end()).toMatchObject({ stage: 'refunded' });
    expect(order.taken.slice(-3)).toEqual(['refundIfSettled', ...HELD_UP]);
  });

  test('a distributor that fixes no date raises attention, and later cancels the order', async () => {
    const order = await imagined.order({ manual: ['distributor'] });
    await order.until(({ waitingOn }) => waitingOn === 'distributor-swift');
    await imagined.sleep('3 days');
    expect(await order.state()).toMatchObject({ attention: { step: 'scheduleDispatch', reason: 'NotScheduled' } });
    expect(await order.end()).toMatchObject({ stage: 'cancelled' });
    expect(order.taken.slice(-4)).toEqual(['cancelDispatchIfInstructed', 'refundIfSettled', ...HELD_UP]);
  });
});

test('parties that all act by hand, in their time, complete the order', async () => {
  const order = await imagined.order({ manual: ['buyer', 'seller', 'distributor'] });
  await order.until(({ stage }) => stage === 'check_issued');
  await imagined.sleep('10 days');
  const answers = [
    await order.handle.executeUpdate(present, { args: [{ echeck: 'head.body.signature' }] }),
    await order.handle.executeUpdate(accept, { args: [{}] }),
    await order.handle.executeUpdate(indicatePayment, { args: [{}] }),
  ];
  expect(answers).toEqual([
    { ok: true, stage: 'presented' },
    { ok: true, stage: 'accepted' },
    { ok: true, stage: 'accepted' },
  ]);
  const deliverAt = new Date((await imagined.nowMs()) + 86_400_000).toISOString();
  expect(await order.handle.executeUpdate(schedule, { args: [{ deliverAt }] })).toMatchObject({ stage: 'scheduled' });
  expect(order.given.scheduleDispatch).toMatchObject({ deliverAt });
  await order.handle.signal(deliveryConfirmed, DELIVERED);
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

test("a date that the distributor's terms do not allow is answered so, and another one may be fixed", async () => {
  const nextPossible = '2030-01-07T08:00:00.000Z';
  const order = await imagined.order({
    manual: ['distributor'],
    steps: ({ scheduleDispatch }) => ({
      scheduleDispatch: (input) =>
        input.deliverAt?.endsWith('03.000Z')
          ? Promise.resolve({ kind: 'outside_service', detail: 'It does not deliver then.', nextPossible })
          : scheduleDispatch(input),
    }),
  });
  await order.until(({ waitingOn }) => waitingOn === 'distributor-swift');
  const fix = async (seconds: string) => {
    const day = new Date((await imagined.nowMs()) + 86_400_000).toISOString().slice(0, 17);
    return order.handle.executeUpdate(schedule, { args: [{ deliverAt: `${day}${seconds}.000Z` }] });
  };
  const refused = { ok: false, problem: 'outside-service', detail: 'It does not deliver then.', nextPossible };
  expect(await fix('03')).toEqual(refused);
  expect(await fix('03')).toEqual(refused);
  expect(await order.state()).toMatchObject({ stage: 'accepted', waitingOn: 'distributor-swift', attention: null });
  // The bounds of the wait are those of the first.
  await imagined.sleep('3 days');
  await order.until(({ attention }) => attention?.reason === 'NotScheduled');
  expect(await fix('03')).toEqual(refused);
  expect(await fix('04')).toMatchObject({ ok: true, stage: 'scheduled' });
  expect(await order.state()).toMatchObject({ stage: 'scheduled', attention: null });
  await order.handle.signal(deliveryConfirmed, DELIVERED);
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

test('a date that came before its distributor was found suspended is said again', async () => {
  const { promise: said, resolve: isSaid } = Promise.withResolvers<void>();
  let tries = 0;
  let isActive = false;
  const order = await imagined.order({
    manual: ['distributor'],
    steps: ({ instructDistribution }) => ({
      instructDistribution: async (input) => {
        tries += 1;
        // Recorded, and the answer lost; the next attempt is an activity of its own, during which the workflow hears what comes.
        if (tries === 1) throw new Error('connect ECONNREFUSED');
        await said;
        return isActive ? instructDistribution(input) : { kind: 'suspended', party: 'distributor' };
      },
      verifyDistributorRegistration: async () => {
        if (tries > 1) isActive = true;
        return { kind: 'good', agent: 'manual', version: 1 };
      },
    }),
  });
  await until(
    async () => tries,
    (count) => count === 2,
  );
  const deliverAt = new Date((await imagined.nowMs()) + 86_400_000).toISOString();
  const early = order.handle.executeUpdate(schedule, { args: [{ deliverAt }] });
  await untilTaken(imagined.client, order.id, schedule.name);
  isSaid();
  expect(await early).toMatchObject({ ok: false, problem: 'party-suspended' });
  await expect(order.handle.executeUpdate(schedule, { args: [{ deliverAt }] })).rejects.toThrow('Update failed');
  await order.handle.signal('registryChanged');
  await order.until(({ waitingOn }) => waitingOn === 'distributor-swift');
  expect(await order.handle.executeUpdate(schedule, { args: [{ deliverAt }] })).toMatchObject({ stage: 'scheduled' });
  await order.handle.signal(deliveryConfirmed, DELIVERED);
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

test('a check that the office refuses may be presented again, until it expires', async () => {
  let presentations = 0;
  const order = await imagined.order({
    input: { presentation: 'manual' },
    steps: () => ({
      validateCheck: async () => {
        presentations += 1;
        return presentations < 3 ? { kind: 'refused', reason: 'altered' } : { kind: 'valid' };
      },
    }),
  });
  const presented = () => order.handle.executeUpdate(present, { args: [{ echeck: 'head.body.signature' }] });
  await order.until(({ waitingOn }) => waitingOn === 'buyer-ada');
  expect(await presented()).toMatchObject({ ok: false, problem: 'echeck-invalid', reason: 'altered' });
  expect(await presented()).toMatchObject({ ok: false, reason: 'altered' });
  expect(await presented()).toMatchObject({ ok: true });
  expect(order.given.validateCheck).toMatchObject({ attempt: 3 });
  await order.handle.signal(deliveryConfirmed, DELIVERED);
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

test('a check that the office refuses rejects an order whose buyer does not present by hand', async () => {
  const order = await imagined.order({
    steps: () => ({ validateCheck: async () => ({ kind: 'refused', reason: 'stopped' }) }),
  });
  expect(await order.end()).toMatchObject({ stage: 'rejected', refusal: { code: 'echeck-invalid' } });
  expect(order.taken.slice(-2)).toEqual(HELD_UP);
});

test.each(['noteAttention', 'noteIntervention'])(
  'an ending is not held up by a %s that cannot be written',
  async (note) => {
    const order = await imagined.order({
      steps: () => ({
        [note]: () => Promise.reject(new Error('connect ECONNREFUSED')),
        acceptOrder: () => Promise.reject(ApplicationFailure.nonRetryable('it can never be', 'NoSuchThing')),
      }),
      manual: ['seller'],
    });
    await order.until(({ waitingOn }) => waitingOn === 'seller-mill');
    const accepting = order.handle.executeUpdate(accept, { args: [{}] });
    await order.until(({ attention }) => attention?.reason === 'Parked:NoSuchThing');
    const aborted = await order.handle.executeUpdate(intervene, { args: [{ action: 'abort', reason: 'hopeless' }] });
    expect(aborted).toEqual({ ok: true, stage: 'cancelled' });
    expect(await accepting).toMatchObject({ ok: false, problem: 'illegal-transition' });
    expect(await order.end()).toMatchObject({ stage: 'cancelled' });
  },
);
