import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Job } from '../../sites/distributing-company/entities/job.entity.ts';
import { Place } from '../../sites/distributing-company/entities/place.entity.ts';
import { Call } from '../../sites/distributing-company/entities/call.entity.ts';
import { Message } from '../../sites/distributing-company/entities/message.entity.ts';
import { fixDate } from '../../sites/distributing-company/jobs/fix-date.ts';
import { reportJob } from '../../sites/distributing-company/jobs/report.ts';
import { termsOf } from '../../sites/distributing-company/planning/calendar.ts';
import { readCalendar } from '../../sites/distributing-company/planning/read-calendar.ts';
import { startCompany, type DistributingCompany } from '../../sites/distributing-company/server.ts';
import type { Settings } from '../../sites/distributing-company/settings.ts';
import { emptyDatabase } from '../support/company.ts';
import { runFolder } from '../support/run.ts';
import { finalOrder, needsSomebody, orderWhen, testService, type TestService } from '../support/service.ts';
import { apiKeyOf, register, siteParty } from '../support/site-parties.ts';
import type { SiteDouble } from '../support/site-double.ts';
import { until } from '../support/until.ts';

/* Orders of the real check office that the real distributing company plans, drives and completes. */

const COMPANY = 'distributor-rail';
let service: TestService;
let seller: SiteDouble;
let database: Awaited<ReturnType<typeof emptyDatabase>>;
let settings: Settings;
let company: DistributingCompany;

const LINEN = { sku: 'linen-1m', name: 'Linen', price: { amount: 1_250, currency: 'EUR' }, weightGrams: 300 };
const SLOW = 'wool-1kg';

beforeAll(async () => {
  [service, database] = await Promise.all([testService(), emptyDatabase()]);
  const slow = { ...LINEN, sku: SLOW, name: 'Wool, spun to order', weightGrams: 1_000, handlingHours: 240 };
  seller = await siteParty(service, 'seller', 'seller-e2e', { registration: { commodities: [LINEN, slow] } });
  // Whatever terms it has before it starts, they are not the calendar's.
  await register(service, 'distributor', { party: COMPANY, url: 'http://127.0.0.1:1' });
  settings = {
    host: '127.0.0.1',
    port: 0,
    databaseUrl: database.url,
    keyFile: join(mkdtempSync(join(runFolder(), 'company-')), 'key.json'),
    party: COMPANY,
    officeUrl: service.url,
    officeIssuer: 'countersign-test',
    apiKey: { key: await apiKeyOf(service, 'distributor', COMPANY) },
    decide: 'auto',
    logLevel: process.env['TEST_LOG'] ?? 'silent',
    demoDriveSeconds: 0,
  };
  await start();
});
afterAll(async () => {
  await company?.close();
  await seller?.close();
  await service?.close();
  await database?.drop();
});

/** Starts the company; the office knows its address, and has the terms of its calendar. */
async function start(change: Partial<Settings> = {}): Promise<void> {
  company = await startCompany({ ...settings, ...change });
  await moveTo(company.url);
  const terms = termsOf(await readCalendar(company.orm.em.fork()));
  await until(async () => {
    const { body } = await service.ask('GET', `/v1/registry/distributors/${COMPANY}`, { as: 'operator-olga' });
    return isDeepStrictEqual(body.terms, terms);
  });
}

/** As the operator registers a new address: not over the terms that the company registers itself meanwhile. */
async function moveTo(url: string): Promise<void> {
  const path = `/v1/registry/distributors/${COMPANY}`;
  const move = async () => {
    const { body } = await service.ask('GET', path, { as: 'operator-olga' });
    return service.ask('PUT', path, { as: 'operator-olga', body: { ...body, site: { url } } });
  };
  const answer = await until(move, ({ body }) => body.type !== '/problems/version-conflict');
  expect(answer.status).toBe(200);
}

async function restart(change: Partial<Settings> = {}): Promise<void> {
  await company.close();
  await start(change);
}

async function place(key: string, sku = LINEN.sku): Promise<string> {
  const body = {
    sellerId: seller.party,
    distributorId: COMPANY,
    lines: [{ sku, quantity: 2 }],
    deliverTo: { name: 'Ada Becker', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
  };
  const placed = await service.ask('POST', '/v1/orders', { body, key });
  expect({ status: placed.status, type: placed.body.type }).toEqual({ status: 201, type: undefined });
  return placed.body.id as string;
}

const jobOf = (orderId: string) => company.orm.em.fork().findOne(Job, { orderId });
const placesOf = (orderId: string) => company.orm.em.fork().count(Place, { orderId });
const drive = (orderId: string, report: 'picked_up' | 'failed_attempt' | 'delivered') =>
  reportJob(company.orm.em, { orderId, report, receivedBy: 'Ada Becker' }, new Date());

test('its demo driver completes an order; date and time are those of its own calendar', async () => {
  await restart({ demoDriveSeconds: 2 });
  const id = await place('rail-demo');
  const order = await finalOrder(service, id);
  expect(order).toMatchObject({ stage: 'completed', attention: null, payment: { status: 'settled' } });
  const job = await jobOf(id);
  expect(job?.deliverAt?.toISOString()).toBe(order.distribution.deliverAt);
  await until(async () => (await jobOf(id))?.officeStage === 'completed');
  // An office that asks again for the date, for it has lost the answer, is also told it by its API.
  const em = company.orm.em.fork();
  const { times } = await em.findOneOrFail(Message, { orderId: id, kind: 'instruction' });
  expect(await em.count(Call, { orderId: id, operation: 'fix_date' })).toBeLessThan(times);
  await restart();
});

test('away when it is instructed: the order waits for it, and is planned once when it is back', async () => {
  await company.close();
  const id = await place('rail-away');
  await orderWhen(service, id, needsSomebody);
  await start();
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  expect(await placesOf(id)).toBe(1);
});

test('goods that take longer than it knows: the office does not take the date, and it plans by the next one that goes', async () => {
  const id = await place('rail-wool', SLOW);
  const scheduled = await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const job = await jobOf(id);
  expect(scheduled.distribution.deliverAt).toBe(job?.deliverAt?.toISOString());
  expect(Date.parse(scheduled.distribution.deliverAt)).toBeGreaterThan(Date.now() + 240 * 60 * 60_000);
  expect(await placesOf(id)).toBe(1);
});

test('nobody at home: another date, another place, and then it is delivered', async () => {
  const id = await place('rail-again');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await drive(id, 'picked_up');
  await drive(id, 'failed_attempt');
  const datesOf = async () => {
    const { body } = await service.ask('GET', `/v1/orders/${id}/timeline`, { as: 'operator-olga' });
    return body.data.filter(({ type }: { type: string }) => type === 'dispatch_scheduled');
  };
  await until(async () => (await datesOf()).length === 2);
  const again = await service.ask('GET', `/v1/orders/${id}`, { as: 'operator-olga' });
  expect(again.body.distribution.deliverAt).toBe((await jobOf(id))?.deliverAt?.toISOString());
  expect(await jobOf(id)).toMatchObject({ attempt: 2, state: 'picked_up' });
  expect(await placesOf(id)).toBe(1);
  await drive(id, 'delivered');
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
});

test('a cancelled order gives its place back', async () => {
  const id = await place('rail-cancelled');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const answer = await service.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'ordered twice' } });
  expect(answer.status).toBe(200);
  await until(async () => (await jobOf(id))?.state === 'cancelled');
  expect(await placesOf(id)).toBe(0);
});

test('its people move the date that is fixed, and the office has the new one', async () => {
  const id = await place('rail-moved');
  const { distribution: first } = await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const notBefore = new Date(Date.parse(first.deliverAt) + 3 * 24 * 60 * 60_000);
  expect(await fixDate(company.orm.em, { orderId: id, notBefore }, new Date())).toMatchObject({ kind: 'planned' });
  const { distribution } = await orderWhen(service, id, (order) => order.distribution.deliverAt !== first.deliverAt);
  expect(distribution.deliverAt).toBe((await jobOf(id))?.deliverAt?.toISOString());
  expect(Date.parse(distribution.deliverAt)).toBeGreaterThanOrEqual(notBefore.getTime());
  expect(await placesOf(id)).toBe(1);
});

test('its people fix the date', async () => {
  await restart({ decide: 'by-hand' });
  const id = await place('rail-by-hand');
  await until(async () => (await jobOf(id))?.state === 'to_plan');
  expect(await fixDate(company.orm.em, { orderId: id }, new Date())).toMatchObject({ kind: 'planned' });
  const { distribution } = await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  expect(distribution.deliverAt).toBe((await jobOf(id))?.deliverAt?.toISOString());
  await restart();
});
