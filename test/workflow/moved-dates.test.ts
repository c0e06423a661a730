import { untilTaken } from './support/histories.ts';
import { imaginedOrders, type ImaginedOrder, type ImaginedOrders, type Imagining } from './support/imagined-orders.ts';
import { until } from '../support/until.ts';

/* A date that is fixed is the distributor's to move until the goods are there: within its terms, one move after the other. */

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrders();
});
afterAll(() => imagined.close());

const DAY_MS = 24 * 60 * 60 * 1000;
const inDays = async (days: number) => new Date((await imagined.nowMs()) + days * DAY_MS).toISOString();
const move = (order: ImaginedOrder, deliverAt: string) =>
  order.handle.executeUpdate<unknown, [unknown]>('schedule', { args: [{ deliverAt }] });
const movesOf = ({ taken }: ImaginedOrder) => taken.filter((step) => step === 'changeDate').length;
const report = async (order: ImaginedOrder, kind: string) =>
  order.handle.signal('distributionEvent', { eventId: kind, kind, occurredAt: await inDays(0) });
const confirm = async (order: ImaginedOrder) =>
  order.handle.signal('deliveryConfirmed', { eventId: 'proof', deliveredAt: await inDays(0) });

async function scheduledOrder(imagining: Imagining = {}): Promise<ImaginedOrder> {
  const order = await imagined.order(imagining);
  await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
  return order;
}

describe.each<[string, Imagining]>([
  ['plans by its terms', {}],
  ['has a server of its own', { sites: ['distributor'] }],
])('a distributor that %s', (_who, imagining) => {
  test('moves the date to and fro, also while the goods are on their way', async () => {
    const order = await scheduledOrder(imagining);
    const [first, second] = [await inDays(5), await inDays(7)];
    for (const deliverAt of [first, second, first]) {
      expect(await move(order, deliverAt)).toEqual({ ok: true, stage: 'scheduled' });
      expect(order.given.changeDate).toMatchObject({ deliverAt });
    }
    await report(order, 'in_transit');
    await order.until(({ stage }) => stage === 'in_distribution');
    expect(await move(order, second)).toEqual({ ok: true, stage: 'in_distribution' });
    expect(movesOf(order)).toBe(4);
    await confirm(order);
    expect(await order.end()).toMatchObject({ stage: 'completed' });
    await expect(move(order, first)).rejects.toThrow(/not ?found|completed/i);
  });

  test('is overdue no more, and only when the new date is over too', async () => {
    const order = await scheduledOrder(imagining);
    await imagined.sleep('73 hours');
    expect(await order.state()).toMatchObject({ attention: { reason: 'Overdue' } });
    await move(order, await inDays(5));
    expect(await order.state()).toMatchObject({ attention: null });
    await imagined.sleep('5 days');
    expect(await order.state()).toMatchObject({ attention: null });
    await imagined.sleep('2 days');
    expect(await order.state()).toMatchObject({ attention: { reason: 'Overdue' } });
    await confirm(order);
    expect(await order.end()).toMatchObject({ stage: 'completed' });
  });
});

test('its own word after a failed attempt counts more than a plan, though its report is taken up later', async () => {
  let tries = 0;
  const order: ImaginedOrder = await scheduledOrder({
    steps: ({ recordDistribution }) => ({
      recordDistribution: async (input) => {
        tries += 1;
        // The second attempt is an activity of its own, during which the workflow hears what comes.
        if (tries === 1) throw new Error('connect ECONNREFUSED');
        if (tries === 2) await saidMeanwhile.promise;
        return recordDistribution(input);
      },
    }),
  });
  const saidMeanwhile = Promise.withResolvers<void>();
  await report(order, 'in_transit');
  await until(
    () => tries,
    (count) => count === 2,
  );
  await report(order, 'failed_attempt');
  const deliverAt = await inDays(5);
  const moved = move(order, deliverAt);
  await order.until(({ stage }) => stage === 'scheduled');
  await untilTaken(imagined.client, order.id, 'schedule');
  saidMeanwhile.resolve();
  expect(await moved).toEqual({ ok: true, stage: 'in_distribution' });
  await confirm(order);
  expect(await order.end()).toMatchObject({ stage: 'completed' });
  expect(order.taken).not.toContain('rescheduleDispatch');
  expect(order.given.changeDate).toMatchObject({ deliverAt });
});

test('its own word after a failed attempt is asked of its server no more', async () => {
  const away = () => Promise.reject(new Error('nobody answers'));
  const order = await scheduledOrder({ sites: ['distributor'], servers: () => ({ scheduleAgain: away }) });
  await report(order, 'failed_attempt');
  await order.until(({ stage, waitingOn }) => stage === 'in_distribution' && waitingOn !== null);
  expect(await move(order, await inDays(5))).toEqual({ ok: true, stage: 'in_distribution' });
  expect(order.receipted).not.toContain('scheduleAgain');
  await confirm(order);
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

test.each([
  ['outside its terms', { kind: 'outside_service', detail: 'closed', nextPossible: '2030-01-01T10:00:00.000Z' }],
  ['while it is suspended', { kind: 'suspended', party: 'distributor' }],
] as const)('a move %s is refused, and the date stays', async (_how, no) => {
  const order = await scheduledOrder({ steps: () => ({ changeDate: async () => no }) });
  const said = await move(order, await inDays(5));
  const problem = no.kind === 'suspended' ? 'party-suspended' : 'outside-service';
  expect(said).toMatchObject({ ok: false, problem });
  expect(await order.state()).toMatchObject({ stage: 'scheduled', attention: null });
  await confirm(order);
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

test('of two different dates at once one is refused; the same date twice is one move', async () => {
  const order = await scheduledOrder();
  const [one, other] = [await inDays(5), await inDays(6)];
  const both = await Promise.allSettled([move(order, one), move(order, other)]);
  // The second one may come when the first has been made: then both are.
  expect(both.filter(({ status }) => status === 'fulfilled').length).toBe(movesOf(order));
  const before = movesOf(order);
  const third = await inDays(7);
  expect(await Promise.all([move(order, third), move(order, third)])).toHaveLength(2);
  expect(movesOf(order) - before).toBeGreaterThanOrEqual(1);
  await confirm(order);
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

test('goods that are there have no other date, and a move that comes with them harms nothing', async () => {
  const order = await scheduledOrder();
  const [moved] = await Promise.allSettled([move(order, await inDays(5)), confirm(order)]);
  expect(await order.end()).toMatchObject({ stage: 'completed' });
  const answer = moved.status === 'fulfilled' ? moved.value : undefined;
  expect([undefined, true, false]).toContain((answer as { ok: boolean } | undefined)?.ok);
});
