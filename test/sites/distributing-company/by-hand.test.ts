import { Call } from '../../../sites/distributing-company/entities/call.entity.ts';
import { Job } from '../../../sites/distributing-company/entities/job.entity.ts';
import { Place } from '../../../sites/distributing-company/entities/place.entity.ts';
import { fixDate } from '../../../sites/distributing-company/jobs/fix-date.ts';
import { createOfficeClient } from '../../../sites/distributing-company/office/client.ts';
import { makeDueCalls } from '../../../sites/distributing-company/office/outbox.ts';
import { companyUnderTest, deliver, type CompanyUnderTest } from '../../support/company.ts';

/* Dates that people fix, and dates that the office takes by its API. Of this company nothing is due but by our clock. */

let under: CompanyUnderTest;
let now = Date.now();
beforeAll(async () => {
  const clock = () => new Date(Date.now() - 60 * 60_000);
  under = await companyUnderTest({ decide: 'by-hand' }, { clock });
});
afterAll(() => under?.close());

const em = () => under.company.orm.em.fork();
const jobOf = (orderId: string) => em().findOneOrFail(Job, { orderId });
const fix = (orderId: string, notBefore?: Date) => fixDate(em(), { orderId, notBefore }, new Date());
const scheduleOf = (orderId: string) => `POST /v1/orders/${orderId}/schedule`;
const datesSaid = (orderId: string) =>
  under.office.asked.filter(({ request }) => request === scheduleOf(orderId)).map(({ body }) => body['deliverAt']);

/** An hour later: all calls that wait are made. */
function pass(): Promise<number> {
  now += 60 * 60_000;
  return makeDueCalls({
    orm: under.company.orm,
    client: createOfficeClient(under.settings),
    clock: () => new Date(now),
  });
}

test('its people fix the date: first later, then the office is told', async () => {
  const { orderId, verdict } = await under.instruct();
  expect(verdict).toBe('later');
  expect(await jobOf(orderId)).toMatchObject({ state: 'to_plan', deliverAt: null });
  under.office.answers.set(scheduleOf(orderId), () => ({ status: 200, body: {} }));
  const fixed = await fix(orderId);
  expect(fixed).toMatchObject({ kind: 'planned' });
  await pass();
  expect(datesSaid(orderId)).toEqual([(await jobOf(orderId)).deliverAt?.toISOString()]);
  expect(await em().count(Place, { orderId })).toBe(1);
});

test('another date: the place moves, not before what was asked for', async () => {
  const { orderId } = await under.instruct();
  await fix(orderId);
  const { deliverAt } = await jobOf(orderId);
  const notBefore = new Date(Number(deliverAt) + 3 * 24 * 60 * 60_000);
  expect(await fix(orderId, notBefore)).toMatchObject({ kind: 'planned' });
  expect(Number((await jobOf(orderId)).deliverAt)).toBeGreaterThanOrEqual(Number(notBefore));
  expect(await em().count(Place, { orderId })).toBe(1);
});

test('a date that the office does not take: the next one that goes, by our own calendar', async () => {
  const { orderId } = await under.instruct();
  await fix(orderId);
  const { deliverAt } = await jobOf(orderId);
  const nextPossible = new Date(Number(deliverAt) + 10 * 24 * 60 * 60_000).toISOString();
  const refusal = { type: '/problems/outside-service', title: 'Outside', detail: 'too early', nextPossible };
  under.office.answers.set(scheduleOf(orderId), ({ deliverAt: said }) =>
    String(said) < nextPossible ? { status: 422, body: refusal } : { status: 200, body: {} },
  );
  await pass();
  await pass();
  expect(datesSaid(orderId)).toHaveLength(2);
  expect((await jobOf(orderId)).deliverAt?.toISOString()).toBe(datesSaid(orderId)[1]);
  expect(String(datesSaid(orderId)[1]) >= nextPossible).toBe(true);
  expect(await em().count(Call, { orderId, answeredAt: null })).toBe(0);
});

test("a date that was refused, but is no longer the job's, moves nothing", async () => {
  const { orderId } = await under.instruct();
  await fix(orderId);
  const refusal = { type: '/problems/outside-service', title: 'Outside', detail: 'never' };
  let asked = 0;
  under.office.answers.set(scheduleOf(orderId), () => {
    asked += 1;
    return asked === 1 ? { status: 422, body: refusal } : { status: 200, body: {} };
  });
  const { deliverAt } = await jobOf(orderId);
  await fix(orderId, new Date(Number(deliverAt) + 5 * 24 * 60 * 60_000));
  await pass();
  const job = await jobOf(orderId);
  expect(job).toMatchObject({ state: 'planned' });
  expect(datesSaid(orderId)).toEqual([deliverAt?.toISOString(), job.deliverAt?.toISOString()]);
});

test('where the office knows no date at all, a person must look', async () => {
  const { orderId } = await under.instruct();
  await fix(orderId);
  const refusal = { type: '/problems/outside-service', title: 'Outside', detail: 'never' };
  under.office.answers.set(scheduleOf(orderId), () => ({ status: 422, body: refusal }));
  await pass();
  expect(await jobOf(orderId)).toMatchObject({ state: 'to_plan', deliverAt: null });
  expect(await em().count(Place, { orderId })).toBe(0);
});

test('what was refused can be planned after all', async () => {
  const { orderId, verdict } = await under.instruct({ country: 'US' });
  expect(verdict).toBe('refused');
  expect(await fix(orderId)).toMatchObject({ kind: 'planned' });
  expect(await jobOf(orderId)).toMatchObject({ state: 'planned', refusal: null, endedAt: null });
});

test('what is withdrawn, or not there, gets no date', async () => {
  const { orderId } = await under.instruct();
  await under.send('withdrawn', { reason: 'cancelled' }, { orderId });
  expect(await fix(orderId)).toMatchObject({ kind: 'does_not_fit' });
  expect(await fix('unknown')).toMatchObject({ kind: 'does_not_fit' });
});

test('an instruction that comes again though it was scheduled: the date is also said by the API, once', async () => {
  await under.restart({ decide: 'auto' });
  const { orderId, jws, body } = await under.instruct();
  under.office.answers.set(scheduleOf(orderId), () => ({ status: 200, body: {} }));
  expect(datesSaid(orderId)).toEqual([]);
  for (let times = 0; times < 3; times += 1) await deliver(under.company.url, jws);
  await pass();
  expect(datesSaid(orderId)).toEqual([body.deliverAt]);
});
