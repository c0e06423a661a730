import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { changeCommodity } from '../../sites/selling-office/catalogue.ts';
import { decideByHand } from '../../sites/selling-office/decide.ts';
import { Commodity } from '../../sites/selling-office/entities/commodity.entity.ts';
import { Errand } from '../../sites/selling-office/entities/errand.entity.ts';
import { Order } from '../../sites/selling-office/entities/order.entity.ts';
import { startSellingOffice, type SellingOffice } from '../../sites/selling-office/server.ts';
import type { Settings } from '../../sites/selling-office/settings.ts';
import type { Answer } from '../api/support.ts';
import { runFolder } from '../support/run.ts';
import { finalOrder, needsSomebody, orderWhen, testService, type TestService } from '../support/service.ts';
import { siteDatabase, type SiteDatabase } from '../support/site-database.ts';
import { apiKeyOf } from '../support/site-parties.ts';
import { until } from '../support/until.ts';

/* Orders of the real check office that the real selling office promises, demands and is paid for. */

const SHOP = 'seller-loom';
const LINEN = 'linen-3m';
let service: TestService;
let database: SiteDatabase;
let settings: Settings;
let shop: SellingOffice;

beforeAll(async () => {
  [service, database] = await Promise.all([testService(), siteDatabase()]);
  await register({ site: { url: 'http://127.0.0.1:1' } });
  settings = {
    host: '127.0.0.1',
    port: 0,
    databaseUrl: database.url,
    keyFile: join(mkdtempSync(join(runFolder(), 'shop-')), 'key.json'),
    party: SHOP,
    officeUrl: service.url,
    officeIssuer: 'countersign-test',
    apiKey: { key: await apiKeyOf(service, 'seller', SHOP) },
    decide: 'auto',
    demoGoods: true,
    logLevel: process.env['TEST_LOG'] ?? 'silent',
  };
  await start();
});
afterAll(async () => {
  await shop?.close();
  await service?.close();
  await database?.close();
});

async function register(change: Record<string, unknown>): Promise<void> {
  const registration = { name: 'The Loom', agent: 'site', settleOn: 'buyer_chooses', paymentDemand: 'own', ...change };
  const path = `/v1/registry/sellers/${SHOP}`;
  expect(await service.ask('PUT', path, { as: 'operator-olga', body: registration })).toMatchObject({ status: 200 });
}

/** Starts the shop; the office knows its address, and what it sells. */
async function start(change: Partial<Settings> = {}): Promise<void> {
  shop = await startSellingOffice({ ...settings, ...change });
  await register({ site: { url: shop.url } });
  await until(async () => (await errandOf('offers', 'catalogue'))?.doneAt);
}

async function restart(change: Partial<Settings> = {}): Promise<void> {
  await shop.close();
  await start(change);
}

const em = () => shop.deps.orm.em.fork();
const orderOf = (id: string) => em().findOneOrFail(Order, { id });
const stockOf = (sku = LINEN) => em().findOneOrFail(Commodity, { sku });
const errandOf = (kind: Errand['kind'], subject: string) => em().findOne(Errand, { kind, subject });

async function place(key: string, change: Record<string, unknown> = {}): Promise<Answer['body']> {
  const body = {
    sellerId: SHOP,
    distributorId: 'distributor-swift',
    lines: [{ sku: LINEN, quantity: 2 }],
    deliverTo: { name: 'Ada Becker', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
    ...change,
  };
  const placed = await service.ask('POST', '/v1/orders', { body, key });
  expect({ status: placed.status, type: placed.body.type }).toEqual({ status: 201, type: undefined });
  return placed.body;
}

async function deliver(id: string): Promise<void> {
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const body = { eventId: 'proof', kind: 'delivered', occurredAt: new Date().toISOString() };
  const path = `/v1/orders/${id}/distribution-events`;
  expect(await service.ask('POST', path, { as: 'distributor-swift', body })).toMatchObject({ status: 202 });
}

async function timelineOf(id: string): Promise<string[]> {
  const { body } = await service.ask('GET', `/v1/orders/${id}/timeline`, { as: 'operator-olga' });
  return body.data.map(({ type, actor }: { type: string; actor: string }) => `${type} by ${actor}`);
}

/** True when the events stand there in that order, whatever stands between them. */
function stand(events: readonly string[], inOrder: readonly string[]): boolean {
  const places = inOrder.map((event) => events.indexOf(event));
  return places.every((at, index) => at > (places[index - 1] ?? -1));
}

test('what it sells, at its charges, is what the office offers', async () => {
  const { body } = await service.ask('GET', `/v1/sellers/${SHOP}/commodities`);
  expect(body.data).toContainEqual({ sku: LINEN, name: 'Linen, 3 m', price: { amount: 4_470, currency: 'EUR' } });
});

test('paid on delivery: it asks before it promises, and demands once the delivery is complete', async () => {
  const before = await stockOf();
  const { id } = await place('loom-delivery');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  expect(await stockOf()).toMatchObject({ onHand: before.onHand, reserved: before.reserved + 2 });
  expect(await orderOf(id)).toMatchObject({ decision: 'promised', demandedAt: null });
  await deliver(id);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
  const events = await timelineOf(id);
  const asked = ['check_presented by buyer-ada', `check_validated by ${SHOP}`, `distribution_promised by ${SHOP}`];
  expect(
    stand(events, [...asked, 'completion_notified_office by distributor-swift', `payment_demanded by ${SHOP}`]),
  ).toBe(true);
  expect(await stockOf()).toMatchObject({ onHand: before.onHand - 2, reserved: before.reserved });
  expect(await orderOf(id)).toMatchObject({ paidAmount: 8_940, chargeAmount: 8_940 });
});

test('paid at the notice: it demands as soon as the payment is indicated (claim 5)', async () => {
  const { id } = await place('loom-notice', { settleOn: 'notice' });
  await orderWhen(service, id, ({ payment }) => payment.status === 'settled');
  expect(stand(await timelineOf(id), [`distribution_promised by ${SHOP}`, `payment_demanded by ${SHOP}`])).toBe(true);
  await deliver(id);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
  await until(async () => (await orderOf(id)).paidAt);
});

test('what it has not got it refuses, and the buyer has its money back', async () => {
  expect(await changeCommodity(shop.deps, 'tapestry', { onHand: 0 })).toBeUndefined();
  const { id } = await place('loom-out-of-stock', { lines: [{ sku: 'tapestry', quantity: 1 }] });
  const order = await finalOrder(service, id);
  expect(order).toMatchObject({ stage: 'rejected', payment: { status: 'voided' } });
  const { body } = await service.ask('GET', `/v1/orders/${id}`);
  expect(body.refusal).toMatchObject({ code: 'refused-by-seller', detail: 'out_of_stock' });
});

test('a new charge counts for new orders, and is what the office offers', async () => {
  expect(await changeCommodity(shop.deps, 'canvas-10m', { priceAmount: 9_900 })).toBeUndefined();
  await until(async () => (await errandOf('offers', 'catalogue'))?.doneAt);
  const { id, charge } = await place('loom-charge', { lines: [{ sku: 'canvas-10m', quantity: 1 }] });
  expect(charge).toEqual({ amount: 9_900, currency: 'EUR' });
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
});

test('a cancelled order gives its goods back', async () => {
  const before = await stockOf();
  const { id } = await place('loom-cancelled');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const answer = await service.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'ordered twice' } });
  expect(answer.status).toBe(200);
  await until(async () => (await orderOf(id)).endedAt);
  expect(await stockOf()).toMatchObject({ onHand: before.onHand, reserved: before.reserved });
});

test('away when it is presented a check: the order waits for it, and is promised when it is back', async () => {
  await shop.close();
  const { id } = await place('loom-away');
  const waiting = await orderWhen(service, id, needsSomebody);
  expect(waiting).toMatchObject({ stage: 'presented', attention: { reason: 'SiteUnreachable', waitingOn: SHOP } });
  await start();
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
});

test('suspended when its payment is due: it goes on demanding, and is paid once that is lifted', async () => {
  const { id } = await place('loom-suspended');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await register({ site: { url: shop.url }, status: 'suspended' });
  await deliver(id);
  await until(async () => ((await errandOf('demand', id))?.attempts ?? 0) > 1);
  expect((await orderWhen(service, id, () => true)).payment.status).toBe('held');
  await register({ site: { url: shop.url } });
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
});

describe('where its people decide', () => {
  beforeAll(() => restart({ decide: 'by-hand' }));
  afterAll(() => restart());

  const waiting = async (key: string) => {
    const { id } = await place(key);
    await until(async () => (await em().findOne(Order, { id }))?.decision === 'waiting');
    return id as string;
  };

  test('what they accept goes on', async () => {
    const id = await waiting('loom-accepted');
    expect(await decideByHand(shop.deps, id, { promised: true })).toBe(true);
    await deliver(id);
    expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
  });

  test('what they refuse ends, for their reason', async () => {
    const before = await stockOf();
    const id = await waiting('loom-refused');
    expect(await decideByHand(shop.deps, id, { promised: false, reason: 'closed for the week' })).toBe(true);
    expect(await finalOrder(service, id)).toMatchObject({ stage: 'rejected' });
    await until(async () => (await orderOf(id)).endedAt);
    expect(await stockOf()).toMatchObject({ reserved: before.reserved });
  });
});
