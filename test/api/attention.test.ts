import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { createApp } from '../../api/app.ts';
import { serve, type RunningApi } from '../../api/serve.ts';
import type { RunningWorker } from '../support/worker.ts';
import { expectProblem, flourOrder, type TestApi } from './support.ts';
import { stuckRegistry } from './stuck-registry.ts';
import { orderWhen } from '../support/service.ts';
import { until } from '../support/until.ts';

let api: TestApi;
let worker: RunningWorker;
let blind: RunningApi;
let nowhere: Orm;
let repair: () => void;

beforeAll(async () => {
  ({ api, worker, repair } = await stuckRegistry());
  nowhere = await connectOrm({ url: 'postgres://nobody:nothing@127.0.0.1:1/none' });
  blind = await serve(createApp({ ...api.deps, orm: nowhere, reads: nowhere }), { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await blind.close();
  await nowhere.close();
  await worker.stop();
  await api.close();
});

const olga = (method: string, path: string, body?: unknown) => api.ask(method, path, { as: 'operator-olga', body });

test('a stuck order is found by one request, also without the database, and goes on after an intervention', async () => {
  const posted = await api.ask('POST', '/v1/orders', { body: flourOrder(), key: 'stuck' });
  expect(posted.status).toBe(202);
  const { id } = posted.body;
  const list = () => olga('GET', '/v1/orders?attention=true');
  // The step beside it may have lost an attempt, and say so first.
  const step = 'verifySellerRegistration';
  const listed = await until(list, ({ body }) => body.data?.[0]?.attention.step === step);
  expect(listed.body.data).toEqual([
    expect.objectContaining({
      id,
      stage: 'requested',
      buyerId: 'buyer-ada',
      attention: expect.objectContaining({ step, since: expect.any(String) }),
    }),
  ]);

  const token = await api.issuer.issue({ id: 'operator-olga', role: 'operator' });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const alone = await until(
    () => api.ask('GET', '/v1/orders?attention=true', { as: 'operator-olga', at: blind.url }),
    ({ body: { data } }) => data?.[0]?.attention.step === step,
  );
  expect(alone.body).toMatchObject({ data: [{ id, attention: { step } }] });
  const metrics = async (at?: string) => (await api.ask('GET', '/metrics', { as: null, at })).body;
  expect(await metrics()).toContain('countersign_orders_needing_attention{reason="NotMoving"} 0');
  expect(await metrics(blind.url)).not.toContain('countersign_orders_needing_attention{reason="NotMoving"}');
  const { troubles } = (await api.ask('GET', '/health/ready', { as: null, at: blind.url })).body;
  expect(troubles).toContainEqual(expect.stringContaining('the database could not be asked'));

  const body = JSON.stringify({ action: 'retry', reason: 'the registry is back' });
  const repaired = await fetch(`${blind.url}/v1/orders/${id}/interventions`, { method: 'POST', headers, body });
  expect(repaired.status).toBe(200);
  // Only now: an attempt of its own, repaired before, would leave nothing to retry.
  repair();
  expect(await repaired.json()).toMatchObject({ id, stage: expect.any(String) });
  await until(
    () => olga('GET', `/v1/orders/${id}`),
    (answer) => answer.body.stage === 'scheduled',
  );
  await until(list, (answer) => answer.body.data.length === 0);
  const timeline = await olga('GET', `/v1/orders/${id}/timeline`);
  const made = timeline.body.data.find(({ type }: { type: string }) => type === 'intervention_made');
  expect(made).toMatchObject({ actor: 'operator-olga', body: { action: 'retry', reason: 'the registry is back' } });
});

test('an intervention where there is nothing to repair, and on an order that there is not', async () => {
  const [order] = (await olga('GET', '/v1/orders')).body.data;
  const retry = { action: 'retry', reason: 'to be sure' };
  expectProblem(await olga('POST', `/v1/orders/${order.id}/interventions`, retry), 'illegal-transition');
  expectProblem(await olga('POST', `/v1/orders/order-${'a'.repeat(26)}/interventions`, retry), 'not-found');
});

test('an operator aborts an order for good', async () => {
  const { body } = await api.ask('POST', '/v1/orders', { body: flourOrder({ presentation: 'manual' }), key: 'abort' });
  await orderWhen(api, body.id, ({ stage }) => stage === 'check_issued');
  const aborted = await olga('POST', `/v1/orders/${body.id}/interventions`, { action: 'abort', reason: 'fraud' });
  expect(aborted).toMatchObject({ status: 200, body: { stage: 'cancelled', payment: { status: 'voided' } } });
});
