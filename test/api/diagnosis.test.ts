import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, type Connection } from '@temporalio/client';
import { createApp } from '../../api/app.ts';
import { serve, type RunningApi } from '../../api/serve.ts';
import { apiConnection } from '../../api/temporal/connection.ts';
import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { finalOrder, orderFor, orderWhen, scheduledOrder } from '../support/service.ts';
import type { RunningWorker } from '../support/worker.ts';
import { until } from '../support/until.ts';
import { expectProblem, type Answer, type TestApi } from './support.ts';
import { stuckRegistry } from './stuck-registry.ts';

/* What is wrong with an order, by books and Temporal together, and by each of them alone. */

let api: TestApi;
let worker: RunningWorker;
let noBooks: { api: RunningApi; orm: Orm };
let noTemporal: { api: RunningApi; connection: Connection };
let repair: () => void;

beforeAll(async () => {
  ({ api, worker, repair } = await stuckRegistry());
  const nowhere = await connectOrm({ url: 'postgres://nobody:nothing@127.0.0.1:1/none' });
  const place = { host: '127.0.0.1', port: 0 };
  noBooks = { orm: nowhere, api: await serve(createApp({ ...api.deps, orm: nowhere, reads: nowhere }), place) };
  const connection = apiConnection({ address: '127.0.0.1:1' });
  const gateway = createOrderGateway({ client: new Client({ connection }), decisionWaitMs: 300, callTimeoutMs: 500 });
  noTemporal = { connection, api: await serve(createApp({ ...api.deps, gateway }), place) };
});
afterAll(async () => {
  await Promise.all([noBooks.api.close(), noTemporal.api.close()]);
  await Promise.all([noBooks.orm.close(), noTemporal.connection.close()]);
  await worker.stop();
  await api.close();
});

const olga = (method: string, path: string, body?: unknown) => api.ask(method, path, { as: 'operator-olga', body });
const diagnosis = (id: string, at?: RunningApi): Promise<Answer> =>
  api.ask('GET', `/v1/orders/${id}/diagnosis`, { as: 'operator-olga', ...(at && { at: at.url }) });
const decisions = ({ body }: Answer): string[] => body.advice.map(({ action }: { action: string }) => action);
const NOTHING = { step: null, reason: null, since: null, attempt: null, lastFailure: null, nextAttemptAt: null };

test('a step that fails: which, why, since when, its attempts and the next one, who must act, and what can be decided', async () => {
  const { body } = await api.ask('POST', '/v1/orders', { body: orderFor(), key: 'stuck' });
  const failing = await until(
    () => diagnosis(body.id),
    (answer) => answer.body.attempt >= 2 && answer.body.nextAttemptAt !== null && answer.body.reason !== null,
  );
  expect(failing.body).toMatchObject({
    orderId: body.id,
    stage: 'requested',
    step: 'verifySellerRegistration',
    reason: expect.any(String),
    meaning: expect.any(String),
    whatToDo: expect.any(String),
    waitingOn: 'check-office',
    lastFailure: 'the registry does not answer',
    report: null,
    workflow: { status: 'RUNNING', closedAt: null },
    unchecked: [],
  });
  expect(Date.parse(failing.body.nextAttemptAt)).not.toBeNaN();
  expect(decisions(failing)).toEqual(['retry', 'abort']);

  const byTemporal = await diagnosis(body.id, noBooks.api);
  expect(byTemporal.body).toMatchObject({
    step: 'verifySellerRegistration',
    lastFailure: 'the registry does not answer',
    unchecked: ['database'],
  });
  const byBooks = await diagnosis(body.id, noTemporal.api);
  expect(byBooks.body).toMatchObject({
    step: 'verifySellerRegistration',
    attempt: null,
    workflow: null,
    unchecked: ['temporal'],
  });
  expect(decisions(byBooks)).toEqual(['retry', 'abort']);

  repair();
  await olga('POST', `/v1/orders/${body.id}/interventions`, { action: 'retry', reason: 'the registry is back' });
  await orderWhen(api, body.id, ({ stage }) => stage === 'scheduled');
  const well = await until(
    () => diagnosis(body.id),
    (answer) => answer.body.step === null,
  );
  expect(well.body).toMatchObject({ ...NOTHING, stage: 'scheduled', waitingOn: 'distributor-swift', advice: [] });
});

test('an order that waits for a party says for whom, one that has ended for nobody', async () => {
  repair();
  const { body } = await api.ask('POST', '/v1/orders', { body: orderFor({ presentation: 'manual' }), key: 'waits' });
  const waits = await until(
    () => diagnosis(body.id),
    (answer) => answer.body.stage === 'check_issued' && answer.body.step === null,
  );
  expect(waits.body).toMatchObject({ ...NOTHING, stage: 'check_issued', waitingOn: 'buyer-ada' });
  expect(decisions(waits)).toEqual(['abort']);
  await olga('POST', `/v1/orders/${body.id}/interventions`, { action: 'abort', reason: 'the buyer is gone' });
  const ended = await until(
    () => diagnosis(body.id),
    (answer) => answer.body.workflow.closedAt !== null,
  );
  expect(ended.body).toMatchObject({ ...NOTHING, stage: 'cancelled', waitingOn: null, advice: [] });
});

test('a workflow that somebody terminated', async () => {
  repair();
  const { body } = await api.ask('POST', '/v1/orders', { body: orderFor({ presentation: 'manual' }), key: 'lost' });
  await orderWhen(api, body.id, ({ stage }) => stage === 'check_issued');
  await api.client.workflow.getHandle(body.id).terminate('by mistake');
  const lost = await diagnosis(body.id);
  expect(lost.body).toMatchObject({
    step: 'workflow',
    reason: 'WorkflowTerminated',
    waitingOn: 'operator',
    workflow: { status: 'TERMINATED', closedAt: lost.body.since },
  });
  expect(decisions(lost)).toEqual(['resume', 'abort']);
  await olga('POST', `/v1/orders/${body.id}/interventions`, { action: 'resume', reason: 'terminated by mistake' });
  const resumed = await until(
    () => diagnosis(body.id),
    (answer) => answer.body.step === null,
  );
  expect(resumed.body).toMatchObject({ waitingOn: 'buyer-ada', workflow: { status: 'RUNNING' } });
});

test('a report after the end, without what its distributor noted', async () => {
  repair();
  const id = await scheduledOrder(api, 'late');
  await api.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'enough' } });
  await finalOrder(api, id);
  const occurredAt = new Date().toISOString();
  const report = { eventId: 'late-1', kind: 'in_transit', occurredAt, note: 'with the neighbour Rosa' };
  await api.ask('POST', `/v1/orders/${id}/distribution-events`, { as: 'distributor-swift', body: report });
  const late = await diagnosis(id);
  expect(late.body).toMatchObject({
    reason: 'ReportAfterEnd',
    report: { eventId: 'late-1', kind: 'in_transit', occurredAt },
  });
  expect(decisions(late)).toEqual(['acknowledge']);
  expect(JSON.stringify(late.body)).not.toContain('Rosa');
});

test('for operators alone, and of an order that there is', async () => {
  const id = `order-${'a'.repeat(26)}`;
  expectProblem(await diagnosis(id), 'not-found');
  expectProblem(await api.ask('GET', `/v1/orders/${id}/diagnosis`), 'forbidden');
});
