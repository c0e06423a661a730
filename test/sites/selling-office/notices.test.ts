import { decideByHand } from '../../../sites/selling-office/decide.ts';
import {
  CHARGE,
  errandOf,
  LINES,
  newOrderId,
  notice,
  orderOf,
  presentation,
  send,
  startTestShop,
  stockOf,
  type TestShop,
} from './shop.ts';
import { until } from '../../support/until.ts';

/* What the selling office makes of what happens to its orders, and what it says to the office about it. */

const DEMAND = 'POST /v1/payment-demands';
let loom: TestShop;
beforeAll(async () => {
  loom = await startTestShop();
});
afterAll(() => loom.close());
beforeEach(() => {
  loom.office.isUp = true;
  loom.office.asked.length = 0;
  loom.office.answers.set(DEMAND, () => ({
    status: 201,
    body: { number: 'check-1', orderId: 'x', amount: CHARGE, status: 'settled' },
  }));
});

/** An order that the shop has promised; the office says of it when it is settled. */
async function promised(settleOn: 'notice' | 'delivery' = 'delivery'): Promise<string> {
  const orderId = newOrderId();
  loom.office.answers.set(`GET /v1/orders/${orderId}`, () => ({ status: 200, body: { id: orderId, settleOn } }));
  const { receipt } = await send(loom, await presentation(loom.office, { orderId }));
  expect(receipt['verdict']).toBe('promised');
  return orderId;
}

const demands = () => loom.office.asked.filter(({ request }) => request === DEMAND);
const tell = async (orderId: string, kind: string, body: object) =>
  send(loom, await notice(loom.office, { orderId, kind, body }));
const indicate = (orderId: string) => tell(orderId, 'payment_indicated', { number: 'check-1', amount: CHARGE });
const complete = (orderId: string) => tell(orderId, 'completed', { deliveredAt: '2026-11-28T10:00:00Z' });
const pay = (orderId: string, amount = CHARGE) => tell(orderId, 'paid', { number: 'check-1', amount });
const end = (orderId: string) => tell(orderId, 'ended', { stage: 'cancelled', reason: 'ordered twice' });
const demandOf = (orderId: string) => errandOf(loom, 'demand', orderId);

test('every notice is receipted as received, also of an order that the shop does not know', async () => {
  const orderId = newOrderId();
  for (const tellOf of [indicate, complete, pay, end]) {
    expect((await tellOf(orderId)).receipt).toMatchObject({ verdict: 'received', body: {} });
  }
  expect(demands()).toEqual([]);
});

test('an order that is settled at the notice is demanded once its payment is indicated (claim 5)', async () => {
  const orderId = await promised('notice');
  expect(demands()).toEqual([]);
  await indicate(orderId);
  await until(async () => (await demandOf(orderId))?.doneAt);
  const { echeck } = await orderOf(loom, orderId);
  expect(demands()).toMatchObject([{ body: { echeck, reference: expect.stringContaining(orderId.slice(6)) } }]);
});

test('an order that is settled on delivery is demanded once it is complete, with one demand', async () => {
  const orderId = await promised('delivery');
  await indicate(orderId);
  await until(async () => (await demandOf(orderId))?.note === 'paid on delivery');
  expect(demands()).toEqual([]);
  const before = await stockOf(loom, 'linen-3m');
  await Promise.all([complete(orderId), complete(orderId), complete(orderId)]);
  await until(async () => (await demandOf(orderId))?.doneAt);
  await complete(orderId);
  expect(demands()).toHaveLength(1);
  // The goods have left the shop, once.
  const after = await stockOf(loom, 'linen-3m');
  expect([before.onHand - after.onHand, before.reserved - after.reserved]).toEqual([2, 2]);
  await pay(orderId);
  expect(await orderOf(loom, orderId)).toMatchObject({ paidAmount: CHARGE.amount, demandedAt: expect.any(Date) });
});

describe('a demand is repeated until the office has answered:', () => {
  const problem = (status: number, slug: string) => () => ({
    status,
    body: { type: `https://office/problems/${slug}`, status, detail: `it is ${slug}` },
  });
  test.each([
    ['the office is away', problem(503, 'service-unavailable')],
    ['it is too early', problem(409, 'illegal-transition')],
    ['the shop is suspended', problem(409, 'party-suspended')],
    ['its key is refused', problem(401, 'unauthorized')],
    ['too much was asked', problem(429, 'too-many-requests')],
  ])('%s', async (_name, answer) => {
    const good = loom.office.answers.get(DEMAND);
    loom.office.answers.set(DEMAND, answer);
    const orderId = await promised();
    await complete(orderId);
    await until(async () => demands().length >= 3);
    expect(await demandOf(orderId)).toMatchObject({ doneAt: null });
    loom.office.answers.set(DEMAND, good!);
    await until(async () => (await demandOf(orderId))?.doneAt);
    expect(await demandOf(orderId)).toMatchObject({ note: expect.stringContaining('paid') });
  });

  test('a check that is refused is not demanded again', async () => {
    loom.office.answers.set(DEMAND, problem(422, 'echeck-invalid'));
    const orderId = await promised();
    await complete(orderId);
    await until(async () => (await demandOf(orderId))?.doneAt);
    expect(demands()).toHaveLength(1);
    expect(await orderOf(loom, orderId)).toMatchObject({ demandedAt: null });
  });

  test('also by the process that is started after one that was killed', async () => {
    loom.office.answers.set(DEMAND, problem(503, 'service-unavailable'));
    const orderId = await promised();
    await complete(orderId);
    await until(async () => demands().length >= 1);
    loom.office.isUp = false;
    await loom.restart();
    loom.office.answers.set(DEMAND, () => ({
      status: 200,
      body: { number: 'check-1', orderId, amount: CHARGE, status: 'settled' },
    }));
    loom.office.isUp = true;
    await until(async () => (await demandOf(orderId))?.doneAt);
  });
});

test('an order that ends early gives its goods back, once, and is not demanded', async () => {
  const before = await stockOf(loom, 'linen-3m');
  const orderId = await promised();
  await indicate(orderId);
  await Promise.all([end(orderId), end(orderId)]);
  await end(orderId);
  expect(await stockOf(loom, 'linen-3m')).toMatchObject({ onHand: before.onHand, reserved: before.reserved });
  expect(await orderOf(loom, orderId)).toMatchObject({ ending: 'cancelled: ordered twice', reserved: false });
  expect(await demandOf(orderId)).toMatchObject({ doneAt: expect.any(Date) });
  expect(demands()).toEqual([]);
});

test('a presentation that comes after the end of its order is refused', async () => {
  const orderId = newOrderId();
  await end(orderId);
  const { receipt } = await send(loom, await presentation(loom.office, { orderId }));
  expect(receipt).toMatchObject({ verdict: 'refused', body: { reason: 'order_ended' } });
});

test('a payment of another amount is receipted, and shows', async () => {
  const orderId = await promised();
  await pay(orderId, { amount: 1, currency: 'EUR' });
  const page = await (await fetch(`${loom.shop.url}/orders/${orderId}`)).text();
  expect(page).toContain('paid 0.01 EUR: not the charge');
});

test('what is for a distributor is not receipted', async () => {
  for (const kind of ['instruction', 'schedule_again', 'withdrawn'])
    expect((await tell(newOrderId(), kind, {})).status).toBe(500);
});

describe('where its people decide', () => {
  beforeAll(() => loom.restart({ DECIDE: 'by-hand' }));
  afterAll(() => loom.restart({}));

  async function waiting() {
    const orderId = newOrderId();
    for (const what of ['acceptance', 'refusal'])
      loom.office.answers.set(`POST /v1/orders/${orderId}/${what}`, () => ({ status: 200, body: { id: orderId } }));
    const answer = await send(loom, await presentation(loom.office, { orderId }));
    expect(answer.receipt).toMatchObject({ verdict: 'later', body: {} });
    return orderId;
  }

  test('an acceptance is said through the API, and the goods stay reserved', async () => {
    const before = await stockOf(loom, 'linen-3m');
    const orderId = await waiting();
    expect(await decideByHand(loom.shop.deps, orderId, { promised: true })).toBe(true);
    await until(async () => (await errandOf(loom, 'decision', orderId))?.doneAt);
    expect(loom.office.asked.map(({ request }) => request)).toContain(`POST /v1/orders/${orderId}/acceptance`);
    expect((await stockOf(loom, 'linen-3m')).reserved).toBe(before.reserved + 2);
    expect(await decideByHand(loom.shop.deps, orderId, { promised: false, reason: 'changed our minds' })).toBe(false);
  });

  test('a refusal says its reason, and the goods are free', async () => {
    const before = await stockOf(loom, 'linen-3m');
    const orderId = await waiting();
    expect(await decideByHand(loom.shop.deps, orderId, { promised: false, reason: 'closed today' })).toBe(true);
    await until(async () => (await errandOf(loom, 'decision', orderId))?.doneAt);
    expect(loom.office.asked).toContainEqual({
      request: `POST /v1/orders/${orderId}/refusal`,
      body: { reason: 'closed today' },
    });
    expect((await stockOf(loom, 'linen-3m')).reserved).toBe(before.reserved);
  });

  test('words that the office does not take do not keep the refusal from it', async () => {
    const orderId = await waiting();
    loom.office.answers.set(`POST /v1/orders/${orderId}/refusal`, ({ reason }) =>
      reason === 'odd words'
        ? { status: 422, body: { type: 'https://office/problems/invalid-request', status: 422 } }
        : { status: 200, body: { id: orderId } },
    );
    await decideByHand(loom.shop.deps, orderId, { promised: false, reason: 'odd words' });
    await until(async () => (await errandOf(loom, 'decision', orderId))?.doneAt);
    expect(await errandOf(loom, 'decision', orderId)).toMatchObject({ note: 'the office knows: refused' });
    const refusals = loom.office.asked.filter(({ request }) => request === `POST /v1/orders/${orderId}/refusal`);
    expect(refusals.at(-1)?.body).toEqual({ reason: 'refused by the seller' });
  });

  test('an order that went on without them is promised, and one that ended is not to be decided', async () => {
    const [accepted, ended] = [await waiting(), await waiting()];
    await indicate(accepted);
    expect(await orderOf(loom, accepted)).toMatchObject({ decision: 'promised' });
    await end(ended);
    expect(await decideByHand(loom.shop.deps, ended, { promised: true })).toBe(false);
  });

  test('there is nothing to decide of an order that nobody knows', async () => {
    expect(await decideByHand(loom.shop.deps, newOrderId(), { promised: true })).toBe(false);
  });
});

test('its offers are at the office from the start', async () => {
  await loom.restart();
  const offered = await until(async () =>
    loom.office.asked.find(({ request }) => request === 'PATCH /v1/registry/self'),
  );
  const { commodities } = offered.body as { commodities: { sku: string }[] };
  expect(commodities.map(({ sku }) => sku)).toEqual(expect.arrayContaining(LINES.map(({ sku }) => sku)));
});
