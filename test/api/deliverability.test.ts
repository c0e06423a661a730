import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DateTime } from 'luxon';
import type { DistributorTerms } from '../../domain/dispatch.ts';
import { schedule, state } from '../../workflows/messages/definitions.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import { expectNoTrace, needsSomebody, orderFor, orderWhen, withoutAttention } from '../support/service.ts';
import type { RunningWorker } from '../support/worker.ts';
import { expectProblem, testApi, workerFor, type TestApi } from './support.ts';
import { until } from '../support/until.ts';

/* When goods can come: refused before money where they cannot, and every date by the same terms. */

const OLGA = 'operator-olga';
const SLOW = 'distributor-slow';
const HOUR_MS = 3_600_000;
const TERMS: DistributorTerms = {
  countries: ['DE', 'FR'],
  timeZone: 'Europe/Berlin',
  weekdays: [1, 2, 3, 4, 5, 6],
  window: { fromHour: 8, toHour: 18 },
  maxWeightGrams: 500_000,
};

let api: TestApi;
let worker: RunningWorker;
let slow: string;
beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
  slow = await api.issuer.issue({ id: SLOW, role: 'distributor' });
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

async function register(change: Partial<DistributorTerms> = {}, agent: 'auto' | 'manual' = 'auto'): Promise<void> {
  const body = { name: 'Slow Distribution', agent, terms: { ...TERMS, ...change } };
  const answer = await api.ask('PUT', `/v1/registry/distributors/${SLOW}`, { as: OLGA, body });
  expect(answer.status).toBe(200);
}

let count = 0;
function place(change: Record<string, unknown> = {}, key = `order-${(count += 1)}`) {
  return api.ask('POST', '/v1/orders', { key, body: orderFor({ distributorId: SLOW, ...change }) });
}

const read = (id: string) => orderWhen(api, id, () => true);

describe('what the terms do not allow is refused before any money is held', () => {
  const NEW_ZEALAND = { name: 'Ada', street: '1 Queen Street', city: 'Auckland', postalCode: '1010', country: 'NZ' };
  const HEAVY = [{ sku: 'flour-25kg', quantity: 21 }];
  test.each([
    ['out_of_area', {}, { deliverTo: NEW_ZEALAND }, 'The distributor delivers to DE, FR only.'],
    ['too_heavy', {}, { lines: HEAVY }, 'The goods weigh 525 kg; the distributor takes at most 500 kg.'],
    ['too_heavy', { maxWeightGrams: 2_999 }, {}, 'The goods weigh 3 kg; the distributor takes at most 2.999 kg.'],
  ] as const)('%s, with the terms %j', async (reason, terms, change, detail) => {
    await register(terms);
    const before = (await api.ask('GET', '/v1/account')).body;
    const key = `refused-${detail}`;
    for (const settleOn of ['notice', 'notice']) {
      const refused = await place({ ...change, settleOn }, key);
      expectProblem(refused, 'not-deliverable');
      expect(refused.body).toMatchObject({ reason, detail, orderId: expect.any(String) });
      expect(await read(refused.body.orderId)).toMatchObject({
        stage: 'rejected',
        refusal: { code: 'not-deliverable', reason, detail },
        echeck: null,
        payment: { status: 'none' },
        distribution: null,
      });
    }
    expect((await api.ask('GET', '/v1/account')).body).toEqual(before);
  });

  test('no_service_day, which no registration of today can say', async () => {
    await register();
    await api.database.orm.em
      .fork()
      .execute(`update distributors set terms = jsonb_set(terms, '{weekdays}', '[]') where id = ?`, [SLOW]);
    const refused = await place();
    expectProblem(refused, 'not-deliverable');
    expect(refused.body).toMatchObject({ reason: 'no_service_day', detail: expect.stringMatching(/no day of the 60/) });
  });

  test('an address is not named in the refusal, nor in the history of the order', async () => {
    await register();
    const { body } = await place({ deliverTo: NEW_ZEALAND });
    const history = JSON.stringify(await api.client.workflow.getHandle(body.orderId).fetchHistory());
    const texts = [...history.matchAll(/"data":"([^"]*)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString(),
    );
    expect([JSON.stringify(body), ...texts].join()).not.toMatch(/Auckland|Queen Street|"NZ"| NZ/);
  });

  test('the order of refusals: who is not registered, then what cannot be delivered, then the money', async () => {
    await register();
    const impossible = { deliverTo: NEW_ZEALAND };
    const posted = async (change: object) => (await place({ ...impossible, ...change })).body.type;
    expect(await posted({ sellerId: 'seller-nobody' })).toBe('/problems/seller-not-registered');
    expect(await posted({ distributorId: 'distributor-nobody' })).toBe('/problems/distributor-not-registered');
    expect(await posted({ lines: [{ sku: 'anvil-50kg', quantity: 1 }] })).toBe('/problems/unknown-commodity');
    expect(await posted({ expectedCharge: { amount: 1, currency: 'EUR' } })).toBe('/problems/not-deliverable');
    expect(await posted({ lines: [{ sku: 'rye-1kg', quantity: 100_000 }] })).toBe('/problems/not-deliverable');
  });
});

describe('the slot of the service', () => {
  const slotOf = async (change: Record<string, unknown> = {}): Promise<string> => {
    const { body } = await place(change);
    const order = await orderWhen(api, body.id, ({ stage }) => stage === 'scheduled');
    const transitHours = body.deliverTo.country === 'DE' ? 24 : 72;
    expect(Date.parse(order.distribution.deliverAt)).toBeGreaterThanOrEqual(
      Date.parse(order.createdAt) + (2 + transitHours) * HOUR_MS,
    );
    return order.distribution.deliverAt;
  };
  const { deliverTo } = orderFor();

  test('is the same whoever receives the goods, and another at another address or for other goods', async () => {
    await register();
    const ada = await slotOf();
    const bob = { ...(deliverTo as object), name: 'Bob', company: 'Bob & Sons', phone: '030 1234', note: 'ring twice' };
    expect(await slotOf({ deliverTo: bob })).toBe(ada);
    expect(await slotOf({ deliverTo: { ...(deliverTo as object), street: 'Hauptstr. 2' } })).not.toBe(ada);
    expect(await slotOf({ lines: [{ sku: 'rye-1kg', quantity: 4 }] })).not.toBe(ada);
  });

  test('abroad it leaves the time for it', async () => {
    const paris = { name: 'Ada', street: '1 rue de la Paix', city: 'Paris', postalCode: '75002', country: 'FR' };
    await slotOf({ deliverTo: paris });
  });

  test('it lies on no holiday, in no other window than that of the terms', async () => {
    const weekdays = [1, 2, 3, 4, 5, 6, 7];
    await register({ weekdays, timeZone: 'Asia/Kathmandu', window: { fromHour: 23, toHour: 24 } });
    const local = DateTime.fromISO(await slotOf(), { zone: 'Asia/Kathmandu' });
    expect(local.hour).toBe(23);
  });

  test('goods of a seller that promises later are made ready from then on', async () => {
    await register();
    const mill = (agent: string) =>
      api.ask('PUT', '/v1/registry/sellers/seller-mill', { as: OLGA, body: { name: 'The Mill', agent } });
    await mill('manual');
    try {
      const { body } = await place();
      await orderWhen(api, body.id, ({ stage }) => stage === 'presented');
      // As if it had been ordered days before.
      await api.database.orm.em
        .fork()
        .execute(`update orders set created_at = created_at - interval '3 days' where id = ?`, [body.id]);
      const promisedAt = Math.floor(Date.now() / 60_000) * 60_000;
      expect((await api.ask('POST', `/v1/orders/${body.id}/acceptance`, { as: 'seller-mill' })).status).toBe(200);
      const { distribution } = await orderWhen(api, body.id, ({ stage }) => stage === 'scheduled');
      expect(Date.parse(distribution.deliverAt)).toBeGreaterThanOrEqual(promisedAt + 26 * HOUR_MS);
    } finally {
      await mill('auto');
    }
  });

  test('after a failed attempt the new date follows from the attempt, by the same terms', async () => {
    await register();
    const { body } = await place();
    const first = await orderWhen(api, body.id, ({ stage }) => stage === 'scheduled');
    const occurredAt = new Date().toISOString();
    const failed = { eventId: 'nobody there', kind: 'failed_attempt', occurredAt };
    await api.ask('POST', `/v1/orders/${body.id}/distribution-events`, { as: slow, body: failed });
    const { data } = (
      await until(
        () => api.ask('GET', `/v1/orders/${body.id}/timeline`),
        (answer) => answer.body.data.filter(({ type }: { type: string }) => type === 'dispatch_scheduled').length === 2,
      )
    ).body;
    const again = Date.parse((await read(body.id)).distribution.deliverAt);
    expect(again).toBeGreaterThanOrEqual(Date.parse(occurredAt) + 24 * HOUR_MS);
    // Nothing has to be made ready again.
    expect(again).toBeLessThanOrEqual(Date.parse(first.distribution.deliverAt));
    expect(withoutAttention<{ type: string }>(data).at(-1)?.type).toBe('dispatch_scheduled');
  });
});

describe('a date by hand keeps the same rules', () => {
  const fix = (id: string, deliverAt: string) =>
    api.ask('POST', `/v1/orders/${id}/schedule`, { as: slow, body: { deliverAt } });

  /** An order whose distributor was instructed and is to fix a date. */
  async function instructed(change: Partial<DistributorTerms> = {}): Promise<string> {
    await register(change, 'manual');
    const { body } = await place();
    // Its row says so before its workflow knows.
    await until(
      () => api.client.workflow.getHandle(body.id).query(state),
      ({ waitingOn }) => waitingOn === SLOW,
    );
    return body.id;
  }

  /** The Sunday after next, at 02:07 of Berlin. */
  function sundayNight(): DateTime {
    const local = DateTime.fromISO(wednesdayNoon(), { zone: 'Europe/Berlin' });
    return local.plus({ days: 4 }).set({ hour: 2, minute: 7 });
  }

  test('a Sunday at 02:07 is refused with the next possible date, which then goes, as often as it is sent', async () => {
    const id = await instructed();
    const sunday = sundayNight();
    const refused = await fix(id, String(sunday.toISO()));
    expectProblem(refused, 'outside-service');
    const monday = sunday.plus({ days: 1 }).set({ hour: 8, minute: 0 }).toUTC().toISO();
    expect(refused.body).toMatchObject({ nextPossible: monday, orderId: id, detail: expect.stringMatching(/8 to 18/) });
    expect(await read(id)).toMatchObject({ stage: 'accepted', distribution: null });
    for (let times = 0; times < 2; times += 1)
      expect(await fix(id, String(monday))).toMatchObject({
        status: 200,
        body: { stage: 'scheduled', distribution: { deliverAt: monday } },
      });
    // Also once the terms have changed, and in another spelling of the same moment.
    await register({ weekdays: [2] }, 'manual');
    expect(await fix(id, String(sunday.plus({ days: 1 }).set({ hour: 8, minute: 0 }).toISO()))).toMatchObject({
      status: 200,
    });
    // Another one would move it: by the terms as they are now.
    expectProblem(await fix(id, wednesdayNoon()), 'outside-service');
  });

  test.each([
    ['in the past', () => '2020-01-01T09:00:00Z'],
    ['too early for the goods', () => new Date(Date.now() + HOUR_MS).toISOString()],
    ['years ahead', () => '2199-01-07T10:00:00Z'],
  ])('%s: what is offered instead is possible', async (_what, deliverAt) => {
    const id = await instructed();
    const { createdAt } = await read(id);
    const refused = await fix(id, deliverAt());
    expectProblem(refused, 'outside-service');
    const { nextPossible } = refused.body;
    expect(Date.parse(nextPossible)).toBeGreaterThanOrEqual(Date.parse(createdAt) + 26 * HOUR_MS);
    expect(Date.parse(nextPossible)).toBeLessThan(Date.parse(createdAt) + (26 + 72) * HOUR_MS);
    expect(await fix(id, nextPossible)).toMatchObject({ status: 200, body: { stage: 'scheduled' } });
  });

  test('refused dates leave no trace in the order, however many', async () => {
    const id = await instructed();
    await expectNoTrace(api, id, 20, async (weeks) => {
      const refused = await fix(id, String(sundayNight().plus({ weeks }).toISO()));
      expect(refused.status).toBe(422);
    });
  });

  test("straight from Temporal's CLI it is refused as well, as an answer; the distributor fixes another one", async () => {
    const id = await instructed();
    const handle = api.client.workflow.getHandle(id);
    const sunday = sundayNight();
    const monday = String(sunday.plus({ days: 1 }).set({ hour: 8, minute: 0 }).toUTC().toISO());
    const refused = await handle.executeUpdate(schedule, { args: [{ deliverAt: String(sunday.toUTC().toISO()) }] });
    expect(refused).toMatchObject({ ok: false, problem: 'outside-service', nextPossible: monday });
    const order = await read(id);
    expect(order).toMatchObject({ stage: 'accepted', distribution: null });
    expect(needsSomebody(order)).toBe(false);
    // Nobody decides twice at once, and the refused one is out of the way.
    expect(await fix(id, monday)).toMatchObject({ status: 200, body: { distribution: { deliverAt: monday } } });
  });

  test('terms that change between two tries decide the second, also of the same date', async () => {
    const id = await instructed();
    const noon = wednesdayNoon();
    await register({ weekdays: [1] }, 'manual');
    expectProblem(await fix(id, noon), 'outside-service');
    await register({}, 'manual');
    expect(await fix(id, noon)).toMatchObject({ status: 200, body: { distribution: { deliverAt: noon } } });
  });

  test('terms that allow no date at all say so, until they do', async () => {
    const id = await instructed();
    await register({ countries: ['FR'] }, 'manual');
    const refused = await fix(id, wednesdayNoon());
    expectProblem(refused, 'outside-service');
    expect(refused.body).not.toHaveProperty('nextPossible');
    expect(refused.body.detail).toBe('The distributor delivers to FR only.');
    await register({}, 'manual');
    expect((await fix(id, wednesdayNoon())).status).toBe(200);
  });

  test('handling and weight are those of the moment of ordering', async () => {
    const id = await instructed();
    const { body: mill } = await api.ask('GET', '/v1/registry/sellers/seller-mill', { as: OLGA });
    const offer = (change: object) =>
      api.ask('PUT', '/v1/registry/sellers/seller-mill', {
        as: OLGA,
        body: {
          name: mill.name,
          commodities: mill.commodities.map((commodity: object) => ({ ...commodity, ...change })),
        },
      });
    expect((await offer({ handlingHours: 5_000, weightGrams: 900_000 })).status).toBe(200);
    try {
      expect((await fix(id, wednesdayNoon())).status).toBe(200);
      expectProblem(await place(), 'not-deliverable');
    } finally {
      await api.ask('PUT', '/v1/registry/sellers/seller-mill', {
        as: OLGA,
        body: { name: mill.name, commodities: mill.commodities },
      });
    }
  });

  test('too early, too late, and of somebody else', async () => {
    await register({}, 'manual');
    const { body } = await place({ presentation: 'manual' });
    // Before its instruction there is no such order for it.
    expectProblem(await fix(body.id, wednesdayNoon()), 'not-found');
    const other = await api.ask('POST', `/v1/orders/${body.id}/schedule`, {
      as: 'distributor-swift',
      body: { deliverAt: wednesdayNoon() },
    });
    expectProblem(other, 'not-found');
    const id = await instructed();
    await api.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'enough' } });
    expectProblem(await fix(id, wednesdayNoon()), 'illegal-transition');
  });
});
