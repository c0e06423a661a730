import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { reportOnceInstructed, testApi, workerFor, type TestApi } from '../api/support.ts';
import { finalOrder, orderFor } from '../support/service.ts';
import type { RunningWorker } from '../support/worker.ts';
import { until } from '../support/until.ts';

/* While nobody works on orders, a request is safe and undecided; its key belongs to it all the same. */
let api: TestApi;
let worker: RunningWorker | undefined;
beforeAll(async () => {
  api = await testApi((deps, client) => ({ ...deps, gateway: createOrderGateway({ client, decisionWaitMs: 500 }) }));
});
afterAll(async () => {
  await worker?.stop();
  await api.close();
});

test('one key with many bodies while no worker is there: the first is the order, the others are refused', async () => {
  const post = (quantity: number) =>
    api.ask('POST', '/v1/orders', { body: orderFor({ lines: [{ sku: 'rye-1kg', quantity }] }), key: 'one' });
  const first = await post(3);
  expect(first).toMatchObject({ status: 202, body: { stage: 'requested' } });
  const others = await Promise.all(Array.from({ length: 14 }, (_, index) => post(10 + index)));
  expect([...new Set(others.map(({ status, body }) => `${status} ${body.type}`))]).toEqual([
    '422 /problems/idempotency-key-reused',
  ]);
  // The address is sealed again with each repetition, and what the row says is what the check rests on.
  expect((await post(3)).status).toBe(202);
  worker = await workerFor(api);
  await until(
    () => post(3),
    ({ status }) => status === 201,
  );
  const body = { eventId: 'proof', kind: 'delivered', occurredAt: new Date().toISOString() };
  expect((await reportOnceInstructed(api, first.body.id, body)).status).toBe(202);
  expect(await finalOrder(api, first.body.id)).toMatchObject({
    stage: 'completed',
    lines: [{ sku: 'rye-1kg', quantity: 3 }],
  });
});
