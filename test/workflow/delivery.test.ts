import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { situationOf, type DistributionKind, type DistributionReport } from '../../domain/delivery.ts';
import { cancel, intervene } from '../../workflows/messages/definitions.ts';
import { until } from '../support/until.ts';
import { imaginedOrders, type ImaginedOrder, type ImaginedOrders } from './support/imagined-orders.ts';

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrders();
});
afterAll(() => imagined.close());

const TIME = new Date().toISOString();
const PROGRESS: DistributionKind[] = ['picked_up', 'in_transit', 'failed_attempt'];
const DECIDING: DistributionKind[] = ['delivered', 'lost', 'returned'];

const kindsIn = (kinds: DistributionKind[]) => fc.constantFrom(...kinds);
const reported = (kind: DistributionKind, index: number): DistributionReport => ({
  eventId: `${kind}-${index}`,
  kind,
  occurredAt: TIME,
});

describe('the situation of a delivery', () => {
  test('is the same, whatever the order and the repetitions of its reports', () => {
    const reports = fc.array(kindsIn([...PROGRESS, ...DECIDING])).map((kinds) => kinds.map(reported));
    const shuffled = reports.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
    );
    fc.assert(
      fc.property(shuffled, ([all, again]) => {
        expect(situationOf(again)).toBe(situationOf(all));
      }),
    );
  });

  test('never moves backwards: one more report leaves it or raises it', () => {
    const ranks = ['scheduled', ...PROGRESS, 'lost', 'returned', 'delivered'];
    fc.assert(
      fc.property(fc.array(kindsIn([...PROGRESS, ...DECIDING])), kindsIn([...PROGRESS, ...DECIDING]), (kinds, next) => {
        const before = situationOf(kinds.map(reported));
        const after = situationOf([...kinds, next].map(reported));
        expect(ranks.indexOf(after)).toBeGreaterThanOrEqual(ranks.indexOf(before));
      }),
    );
  });
});

async function report(order: ImaginedOrder, { eventId, kind, occurredAt }: DistributionReport): Promise<void> {
  if (kind === 'delivered') await order.handle.signal('deliveryConfirmed', { eventId, deliveredAt: occurredAt });
  else await order.handle.signal('distributionEvent', { eventId, kind, occurredAt });
}

/** What nobody should send, and anybody can. */
const NONSENSE: [string, unknown][] = [
  ['deliveryConfirmed', null],
  ['deliveryConfirmed', 'delivered'],
  ['deliveryConfirmed', { eventId: 'x' }],
  ['deliveryConfirmed', { eventId: 7, deliveredAt: TIME }],
  ['deliveryConfirmed', { eventId: 'x', deliveredAt: 'yesterday' }],
  ['deliveryConfirmed', { eventId: 'x', deliveredAt: '+123456-01-01T00:00:00Z' }],
  ['deliveryConfirmed', { eventId: 'x', deliveredAt: '0013-01-05T00:00:00Z' }],
  ['deliveryConfirmed', { eventId: 'NUL \u0000', deliveredAt: TIME }],
  ['deliveryConfirmed', { eventId: 'half \ud800', deliveredAt: TIME }],
  ['deliveryConfirmed', { eventId: 'x'.repeat(100_000), deliveredAt: TIME }],
  ['distributionEvent', undefined],
  ['distributionEvent', []],
  ['distributionEvent', { eventId: 'x', kind: 'delivered', occurredAt: TIME }],
  ['distributionEvent', { eventId: 'x', kind: 'constructor', occurredAt: TIME }],
  ['distributionEvent', { eventId: 'x', kind: ['lost'], occurredAt: TIME }],
  ['unheardOf', { eventId: 'x' }],
];

test('any order, repetition and delay of the same reports ends the same', async () => {
  const story = fc
    .tuple(fc.array(kindsIn(PROGRESS), { maxLength: 5 }), kindsIn(DECIDING))
    .chain(([progress, deciding]) => {
      const reports = [...progress.map(reported), reported(deciding, 99)];
      const twice = [...reports, ...reports];
      const sent = fc.shuffledSubarray(twice, { minLength: twice.length });
      const late = fc.array(fc.boolean(), { minLength: twice.length, maxLength: twice.length });
      return fc.record({ deciding: fc.constant(deciding), sent, late });
    });
  await fc.assert(
    fc.asyncProperty(story, async ({ deciding, sent, late }) => {
      const order = await imagined.order();
      for (const [index, one] of sent.entries()) {
        if (late[index]) await imagined.sleep('3 hours');
        // Its workflow has ended: the report is late, and changes nothing.
        await report(order, one).catch((error: unknown) => expect(String(error)).toContain('WorkflowNotFound'));
      }
      const { stage } = await order.end();
      expect(stage).toBe(deciding === 'delivered' ? 'completed' : 'refunded');
    }),
    { numRuns: 8 },
  );
});

test('reports that come before there is a date are kept', async () => {
  const order = await imagined.order({ manual: ['distributor'] });
  await order.until(({ waitingOn }) => waitingOn === 'distributor-swift');
  await report(order, reported('delivered', 1));
  await report(order, reported('picked_up', 1));
  const deliverAt = new Date((await imagined.nowMs()) + 86_400_000).toISOString();
  await order.handle.executeUpdate('schedule', { args: [{ deliverAt }] });
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

test('nonsense is passed over, and hurts nothing', async () => {
  const order = await imagined.order();
  await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
  for (const [name, message] of NONSENSE) await order.handle.signal(name, message);
  expect(await order.state()).toMatchObject({ stage: 'scheduled', attention: null });
  await report(order, reported('delivered', 1));
  expect(await order.end()).toMatchObject({ stage: 'completed' });
  expect(order.taken).not.toContain('recordDistribution');
});

test('a flood of reports is cut off, and the confirmation behind it still counts', async () => {
  const order = await imagined.order();
  await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
  await Promise.all(Array.from({ length: 230 }, (_, index) => report(order, reported('in_transit', index))));
  await order.until(({ stage }) => stage === 'in_distribution');
  await report(order, reported('delivered', 1));
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

test('a failed attempt gets a new date; the same failed attempt reported twice gets one', async () => {
  const order = await imagined.order();
  await report(order, reported('failed_attempt', 1));
  await report(order, reported('failed_attempt', 1));
  await order.until(({ stage }) => stage === 'in_distribution');
  await report(order, reported('delivered', 1));
  expect(await order.end()).toMatchObject({ stage: 'completed' });
  expect(order.taken.filter((step) => step === 'rescheduleDispatch')).toHaveLength(1);
});

test.each([
  [
    'a retry',
    (order: ImaginedOrder) =>
      order.handle.executeUpdate(intervene, { args: [{ action: 'retry', reason: 'its terms fit again' }] }),
  ],
  ['a change of the registry', (order: ImaginedOrder) => order.handle.signal('registryChanged')],
])('where no new date was possible, it is planned again on %s, as often as it takes', async (_what, ask) => {
  let tries = 0;
  const order = await imagined.order({
    steps: ({ rescheduleDispatch }) => ({
      rescheduleDispatch: (input) =>
        (tries += 1) > 2
          ? rescheduleDispatch(input)
          : Promise.resolve({ kind: 'impossible' as const, reason: 'out_of_area', detail: 'no' }),
    }),
  });
  await report(order, reported('failed_attempt', 1));
  await order.until(({ attention }) => attention?.reason === 'out_of_area');
  await ask(order);
  await until(
    async () => tries,
    (count) => count === 2,
  );
  expect(await order.state()).toMatchObject({ attention: { reason: 'out_of_area' } });
  await ask(order);
  await order.until(({ attention }) => attention === null);
  await report(order, reported('delivered', 1));
  expect(await order.end()).toMatchObject({ stage: 'completed' });
  expect(tries).toBe(3);
});

const IMPOSSIBLE = { kind: 'impossible', reason: 'out_of_area', detail: 'no' } as const;

/** Steps whose answer a wait follows that a change of the registry ends: what each says before that, and what leads to it. */
const WAITED_AFTER = [
  { step: 'scheduleDispatch', outdated: IMPOSSIBLE, reports: ['delivered'] },
  { step: 'rescheduleDispatch', outdated: IMPOSSIBLE, reports: ['failed_attempt', 'delivered'] },
  { step: 'settlePayment', outdated: { kind: 'refused', detail: 'no' }, reports: ['delivered'] },
] as const;

test.each(WAITED_AFTER)(
  'a change of the registry while $step runs is heard, too',
  async ({ step, outdated, reports }) => {
    let tries = 0;
    const order: ImaginedOrder = await imagined.order({
      steps: (good) => ({
        [step]: async (input: never) => {
          tries += 1;
          // From the second attempt on it is an activity of its own, during which the workflow hears what comes.
          if (tries === 1) throw new Error('connect ECONNREFUSED');
          if (tries > 2) return (good[step] as (given: never) => Promise<unknown>)(input);
          await order.handle.signal('registryChanged');
          await setTimeout(500);
          return outdated;
        },
      }),
    });
    for (const kind of reports) {
      await order.until(({ stage, attention }) => (stage === 'scheduled' || stage === 'in_distribution') && !attention);
      await report(order, reported(kind, 1));
      if (kind === 'failed_attempt')
        await until(
          async () => tries,
          (count) => count === 3,
        );
    }
    expect(await order.end()).toMatchObject({ stage: 'completed' });
    expect(tries).toBe(3);
    const { events } = await order.handle.fetchHistory();
    expect(events?.some((event) => event.timerFiredEventAttributes)).toBe(false);
  },
);

test('the office is to demand for a seller: heard also while the completion is being recorded', async () => {
  let tries = 0;
  let paymentDemand: 'own' | 'auto' = 'own';
  const order: ImaginedOrder = await imagined.order({
    steps: ({ verifySellerRegistration, notifyOfficeOfCompletion }) => ({
      verifySellerRegistration: async (input) => ({ ...(await verifySellerRegistration(input)), paymentDemand }),
      notifyOfficeOfCompletion: async (input) => {
        tries += 1;
        if (tries === 1) throw new Error('connect ECONNREFUSED');
        paymentDemand = 'auto';
        await order.handle.signal('registryChanged');
        await setTimeout(500);
        return notifyOfficeOfCompletion(input);
      },
    }),
  });
  await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
  await report(order, reported('delivered', 1));
  expect(await order.end()).toMatchObject({ stage: 'completed' });
  expect(tries).toBe(2);
});

test('when no new date is possible, people are told, and the delivery may still come', async () => {
  const order = await imagined.order({
    steps: () => ({ rescheduleDispatch: async () => ({ kind: 'impossible', reason: 'out_of_area', detail: 'no' }) }),
  });
  await report(order, reported('failed_attempt', 1));
  const { attention } = await order.until((state) => state.attention?.reason === 'out_of_area');
  expect(attention).toMatchObject({ step: 'rescheduleDispatch' });
  await report(order, reported('delivered', 1));
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

describe('an overdue delivery', () => {
  const buyersCancel = { reason: 'too late', actor: 'buyer-ada', role: 'buyer' } as const;

  test('raises attention, and then its buyer may cancel though the goods are on their way', async () => {
    const order = await imagined.order();
    await report(order, reported('in_transit', 1));
    await order.until(({ stage }) => stage === 'in_distribution');
    await expect(order.handle.executeUpdate(cancel, { args: [buyersCancel] })).rejects.toThrow(
      'Workflow Update failed',
    );
    await imagined.sleep('4 days');
    expect(await order.state()).toMatchObject({ attention: { step: 'delivery', reason: 'Overdue' } });
    expect(await order.handle.executeUpdate(cancel, { args: [buyersCancel] })).toEqual({
      ok: true,
      stage: 'cancelled',
    });
    expect(await order.end()).toMatchObject({ stage: 'cancelled' });
  });

  test('is overdue no more when a new date was fixed', async () => {
    const order = await imagined.order();
    await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
    await imagined.sleep('73 hours');
    expect(await order.state()).toMatchObject({ attention: { reason: 'Overdue' } });
    await report(order, reported('failed_attempt', 1));
    await order.until(({ stage, attention }) => stage === 'in_distribution' && attention === null);
    await expect(order.handle.executeUpdate(cancel, { args: [buyersCancel] })).rejects.toThrow(
      'Workflow Update failed',
    );
    await report(order, reported('delivered', 1));
    expect(await order.end()).toMatchObject({ stage: 'completed' });
  });
});

test('a confirmation and a cancel at once have one outcome, and the answer says which', async () => {
  const order = await imagined.order();
  await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
  const [cancelled] = await Promise.allSettled([
    order.handle.executeUpdate(cancel, { args: [{ reason: 'no' }] }),
    report(order, reported('delivered', 1)),
  ]);
  const { stage } = await order.end();
  const ok = cancelled.status === 'fulfilled' && cancelled.value.ok;
  expect(stage).toBe(ok ? 'cancelled' : 'completed');
});
