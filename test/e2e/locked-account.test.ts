import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { realService, type RealService } from '../support/real-service.ts';
import { orderFor } from '../support/service.ts';
import { until } from '../support/until.ts';

/*
 * Somebody began a transaction in a session of their own, locked the row of one account, and went home. All else goes on, with
 * fewer connections than there are orders that wait.
 */
const ORDERS = 20;
interface Waiting {
  readonly attention: { readonly step: string; readonly reason: string };
}

let service: RealService;
let forgotten: Client;
beforeAll(async () => {
  service = await realService({ settings: () => ({ DATABASE_POOL: '6', POST_WAIT_MS: '500' }) });
  forgotten = new Client({ connectionString: service.database.url });
  await forgotten.connect();
  for (const account of ['buyer-ada', 'buyer-bob']) {
    const body = { amount: { amount: 1_000_000, currency: 'EUR' } };
    await service.ask('POST', `/v1/accounts/${account}/deposits`, { as: 'operator-olga', key: 'funds', body });
  }
});
afterAll(async () => {
  await forgotten.end();
  await service.close();
});

const post = (as: string, key: string) => service.ask('POST', '/v1/orders', { as, key, body: orderFor() });
const orderOf = (id: string) => service.ask('GET', `/v1/orders/${id}`, { as: 'operator-olga' });

test("one locked account: its own orders wait and say so, everybody else's complete, and then its own", async () => {
  await forgotten.query('begin');
  await forgotten.query(`select * from accounts where id = 'buyer-ada' for update`);

  const adas = await Promise.all(Array.from({ length: ORDERS }, (_, index) => post('buyer-ada', `locked-${index}`)));
  expect(new Set(adas.map(({ status }) => status))).toEqual(new Set([202]));

  for (let count = 0; count < 5; count += 1) {
    const bobs = await post('buyer-bob', `free-${count}`);
    await until(
      () => orderOf(bobs.body.id),
      ({ body }) => body.stage === 'scheduled',
    );
    expect((await service.ask('GET', '/v1/orders?limit=100')).body.data).toHaveLength(ORDERS);
    await until(
      () => service.ask('GET', '/health/ready'),
      ({ body }) => body.status === 'ready',
    );
  }

  const waiting = await until(
    () => service.ask('GET', '/v1/orders?attention=true&limit=100', { as: 'operator-olga' }),
    ({ body: { data } }) =>
      data.length === ORDERS && data.every(({ attention }: Waiting) => attention.step === 'issueCheck'),
  );
  expect(waiting.body.data.map(({ attention }: Waiting) => attention)).toContainEqual(
    expect.objectContaining({ reason: 'DatabaseLocked' }),
  );

  await forgotten.query('rollback');
  for (const { body } of adas) {
    await until(
      () => orderOf(body.id),
      (answer) => answer.body.stage === 'scheduled' && answer.body.attention === null,
    );
  }
});

test('a change of what is locked is answered 503 within seconds, and says that it is locked', async () => {
  await forgotten.query('begin');
  await forgotten.query(`select * from accounts where id = 'buyer-ada' for update`);
  const body = { amount: { amount: 100, currency: 'EUR' } };
  const ask = () => service.ask('POST', '/v1/accounts/buyer-ada/deposits', { as: 'operator-olga', key: 'd', body });
  const answer = await ask();
  expect(answer).toMatchObject({ status: 503, body: { type: '/problems/service-unavailable' } });
  expect(answer.body.detail).toMatch(/in the database is locked just now/);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  await forgotten.query('rollback');
  expect((await ask()).status).toBe(201);
});

test.each([
  ['its buyer', 'buyer-ada', /^The order has not answered in time\./],
  [
    'the operator',
    'operator-olga',
    /^The order has not answered: it waits at its step \w+ \((DatabaseLocked|DatabaseSlow|TimedOut)\)\./,
  ],
])(
  'a message to an order whose row is locked is answered 503; why is for the operator alone (from %s)',
  async (_who, as, words) => {
    const body = orderFor({ presentation: 'manual' });
    const ask = () => service.ask('POST', '/v1/orders', { key: `held for ${as}`, body });
    const { body: order } = await until(ask, ({ status }) => status === 201);
    await forgotten.query('begin');
    await forgotten.query('select * from orders where id = $1 for update', [order.id]);
    const cancel = { as, body: { reason: 'enough' } };
    const late = await until(
      () => service.ask('POST', `/v1/orders/${order.id}/cancellation`, cancel),
      ({ body: { detail } }) => words.test(detail),
    );
    expect(late).toMatchObject({ status: 503, body: { orderId: order.id } });
    await forgotten.query('rollback');
    await until(
      () => orderOf(order.id),
      (answer) => answer.body.stage === 'cancelled',
    );
  },
);
