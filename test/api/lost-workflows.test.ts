import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client as Database } from 'pg';
import { finalOrder, orderFor, orderWhen, testService, type TestService, presentationOf } from '../support/service.ts';
import { expectProblem, type Answer } from './support.ts';
import { until } from '../support/until.ts';

/* Workflows that somebody terminated or deleted while their orders were open, and what an operator does about them. */

let service: TestService;
let owner: Database;
beforeAll(async () => {
  service = await testService();
  owner = new Database({ connectionString: service.database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await service.close();
});

const olga = (method: string, path: string, body?: unknown) => service.ask(method, path, { as: 'operator-olga', body });
const intervene = (id: string, action: string) =>
  olga('POST', `/v1/orders/${id}/interventions`, { action, reason: 'seen to' });

async function place(key: string, change: Record<string, unknown> = {}): Promise<string> {
  const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(change), key });
  return body.id;
}

/** An order that waits for its buyer to present the check. */
async function waitingOrder(key: string): Promise<string> {
  const id = await place(key, { presentation: 'manual' });
  await orderWhen(service, id, ({ stage }) => stage === 'check_issued');
  return id;
}

const report = (id: string, kind: string) =>
  service.ask('POST', `/v1/orders/${id}/distribution-events`, {
    as: 'distributor-swift',
    body: { eventId: `${kind}-1`, kind, occurredAt: new Date().toISOString() },
  });
const terminate = (id: string) => service.client.workflow.getHandle(id).terminate('by mistake');

async function listed(id: string): Promise<Answer['body']> {
  const { body } = await olga('GET', `/v1/orders?attention=true&limit=100`);
  return body.data.find((order: { id: string }) => order.id === id);
}

async function listedAs(id: string, reason: string): Promise<Answer['body']> {
  const { body } = await until(
    () => olga('GET', '/v1/orders?attention=true&limit=100'),
    (answer) =>
      answer.body.data.some(
        (order: { id: string; attention: { reason: string } }) => order.id === id && order.attention.reason === reason,
      ),
  );
  return body.data.find((order: { id: string }) => order.id === id);
}

async function interventionsOf(id: string): Promise<{ actor: string; body: Record<string, unknown> }[]> {
  const { body } = await olga('GET', `/v1/orders/${id}/timeline`);
  return body.data.filter(({ type }: { type: string }) => type === 'intervention_made');
}

test('a terminated workflow is in the list with its cause, and each remedy that does not help says which does', async () => {
  const id = await waitingOrder('terminated');
  await terminate(id);
  expect(await listedAs(id, 'WorkflowTerminated')).toMatchObject({
    stage: 'check_issued',
    buyerId: 'buyer-ada',
    attention: { step: 'workflow', waitingOn: 'operator', since: expect.any(String) },
  });
  for (const action of ['retry', 'override_credit']) {
    const refused = await intervene(id, action);
    expectProblem(refused, 'illegal-transition');
    expect(refused.body.detail).toMatch(/resume it, or abort it/);
  }
  expectProblem(await intervene(id, 'acknowledge'), 'illegal-transition');
  const cancelled = await service.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'enough' } });
  expectProblem(cancelled, 'illegal-transition');
  expect(cancelled.body.detail).toContain('an operator looks after it');
  const ending = { stage: 'cancelled', reason: 'enough', actor: 'buyer-ada' };
  await owner.query('update orders set ending = $1 where id = $2', [JSON.stringify(ending), id]);
  const decided = await service.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'enough' } });
  expectProblem(decided, 'illegal-transition');
  expect(decided.body.detail).toContain('it is decided that it ends as cancelled');
  expect(await interventionsOf(id)).toEqual([]);
});

test('abort ends it from its row, once, with everything undone and the decision on record', async () => {
  const id = await waitingOrder('aborted');
  await terminate(id);
  const answers = await Promise.all([intervene(id, 'abort'), intervene(id, 'abort')]);
  expect(answers.map(({ status }) => status)).toContain(200);
  expect(await finalOrder(service, id)).toMatchObject({
    stage: 'cancelled',
    attention: null,
    payment: { status: 'voided' },
  });
  expectProblem(await intervene(id, 'abort'), 'illegal-transition');
  expectProblem(await intervene(id, 'resume'), 'illegal-transition');
  const made = await interventionsOf(id);
  expect(made).toEqual([expect.objectContaining({ actor: 'operator-olga' })]);
  expect(made[0]?.body).toMatchObject({ action: 'abort', reason: 'seen to', on: 'check_issued' });
  await until(
    () => olga('GET', '/v1/orders?attention=true&limit=100'),
    ({ body }) => !body.data.some((order: { id: string }) => order.id === id),
  );
});

test('resume starts it again, once, whoever asks at the same time; a running one is not resumed', async () => {
  const id = await waitingOrder('resumed');
  expectProblem(await intervene(id, 'resume'), 'illegal-transition');
  await terminate(id);
  const answers = await Promise.all([1, 2, 3].map(() => intervene(id, 'resume')));
  expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 409, 409]);
  const [run] = await until(
    () => runsOf(id),
    (runs) => runs.length === 2,
  );
  expect(run).toMatchObject({ memo: { requestId: expect.any(String) } });
  expect(run?.searchAttributes).toMatchObject({ SellerId: ['seller-mill'], DistributorId: ['distributor-swift'] });
  const made = await interventionsOf(id);
  expect(made.filter(({ body }) => body['action'] === 'resume')).toHaveLength(1);
  await until(
    () => olga('GET', '/v1/orders?attention=true&limit=100'),
    ({ body }) => !body.data.some((order: { id: string }) => order.id === id),
  );
});

test('an abort and a resume at the same time come to one outcome', async () => {
  const id = await waitingOrder('both');
  await terminate(id);
  const answers = await Promise.all([intervene(id, 'abort'), intervene(id, 'resume')]);
  expect(answers.some(({ status }) => status === 200)).toBe(true);
  for (const { status } of answers) expect([200, 409]).toContain(status);
  if (answers[0]?.status !== 200) expect((await intervene(id, 'abort')).status).toBe(200);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'cancelled', payment: { status: 'voided' } });
});

test('what is delivered while no workflow runs is on record: not aborted any more, and paid for once it is resumed', async () => {
  const id = await place('delivered');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await terminate(id);
  expect((await report(id, 'delivered')).status).toBe(202);
  const refused = await intervene(id, 'abort');
  expectProblem(refused, 'illegal-transition');
  expect(refused.body.detail).toContain('Resume it instead');
  expect(await orderWhen(service, id, () => true)).toMatchObject({ stage: 'scheduled', payment: { status: 'held' } });
  expect((await intervene(id, 'resume')).status).toBe(200);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
  expect((await interventionsOf(id)).map(({ body }) => body['action'])).toEqual(['resume']);
});

test('a resumed order goes on from every stage to its end, and what it says of itself is on record', async () => {
  const id = await waitingOrder('all-the-way');
  const presentation = presentationOf((await service.ask('GET', `/v1/orders/${id}`)).body);
  await terminate(id);
  expect((await intervene(id, 'resume')).status).toBe(200);
  const presented = await until(
    () => service.ask('POST', `/v1/orders/${id}/presentation`, { body: presentation }),
    ({ status }) => status !== 409,
  );
  expect(presented.status).toBe(200);
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await terminate(id);
  expect((await intervene(id, 'resume')).status).toBe(200);
  await report(id, 'picked_up');
  await orderWhen(service, id, ({ stage }) => stage === 'in_distribution');
  await terminate(id);
  expect((await intervene(id, 'resume')).status).toBe(200);
  await report(id, 'delivered');
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', attention: null });
  expect(await interventionsOf(id)).toHaveLength(3);
});

test('a deleted workflow is missing, once its order has been still for a minute', async () => {
  const id = await waitingOrder('deleted');
  const { namespace } = service.temporal;
  await service.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId: id } });
  await owner.query(`update orders set updated_at = now() - interval '2 minutes' where id = $1`, [id]);
  await listedAs(id, 'WorkflowMissing');
  expect((await intervene(id, 'abort')).status).toBe(200);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'cancelled', payment: { status: 'voided' } });
});

test('a report after the end stays in the list until somebody acknowledges it', async () => {
  const id = await place('late-report');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await intervene(id, 'abort');
  await finalOrder(service, id);
  expectProblem(await intervene(id, 'acknowledge'), 'illegal-transition');
  expect((await report(id, 'delivered')).status).toBe(202);
  const late = { step: 'delivery', reason: 'ReportAfterEnd', waitingOn: 'operator' };
  expect(await listed(id)).toMatchObject({ stage: 'cancelled', attention: late });
  const answers = await Promise.all([intervene(id, 'acknowledge'), intervene(id, 'acknowledge')]);
  expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 409]);
  expect(await listed(id)).toBeUndefined();
  expect((await interventionsOf(id)).at(-1)).toMatchObject({
    actor: 'operator-olga',
    body: {
      action: 'acknowledge',
      reason: 'seen to',
      on: 'delivery',
      effect: expect.stringContaining('ReportAfterEnd'),
    },
  });
});

test('page two misses nobody when page one was repaired meanwhile', async () => {
  const ids: string[] = [];
  for (const key of ['p1', 'p2', 'p3', 'p4']) ids.push(await waitingOrder(key));
  for (const [index, id] of ids.entries()) {
    const since = `2020-01-01T00:00:0${index}.000Z`;
    const attention = { step: 'delivery', reason: 'Overdue', since, waitingOn: 'distributor-swift' };
    await owner.query('update orders set attention = $2 where id = $1', [id, JSON.stringify(attention)]);
  }
  const page = async (cursor?: string) =>
    (await olga('GET', `/v1/orders?attention=true&limit=2${cursor ? `&cursor=${cursor}` : ''}`)).body;
  const first = await page();
  expect(idsOf(first)).toEqual(ids.slice(0, 2));
  await owner.query('update orders set attention = null where id = any($1)', [ids.slice(0, 2)]);
  expect(idsOf(await page(first.nextCursor))).toEqual(ids.slice(2));
  expectProblem(await olga('GET', '/v1/orders?attention=true&cursor=YXR0ZW50aW9ufDI'), 'invalid-request');
});

test('only operators intervene, and an order that there is not is not found', async () => {
  const id = await waitingOrder('others');
  for (const action of ['resume', 'acknowledge', 'abort']) {
    const body = { action, reason: 'mine' };
    expectProblem(await service.ask('POST', `/v1/orders/${id}/interventions`, { body }), 'forbidden');
    expectProblem(await intervene(`order-${'a'.repeat(26)}`, action), 'not-found');
  }
});

function idsOf(page: { data: { id: string }[] }): string[] {
  return page.data.map(({ id }) => id);
}

async function runsOf(id: string) {
  const runs = [];
  for await (const run of service.client.workflow.list({ query: `WorkflowId = '${id}'` })) runs.push(run);
  return runs.toSorted((one, other) => Number(other.startTime) - Number(one.startTime));
}
