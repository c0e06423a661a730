import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { Client as Database } from 'pg';
import { workflowRegister } from '../../platform/workflow-facts.ts';
import { taskQueues } from '../../temporal.config.ts';
import { createOrderWorker } from '../../workers/order-worker.ts';
import { ensureReconciliation } from '../../workers/reconciliation-schedule.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import { RECONCILIATION_WORKFLOW, type ReconciliationResult } from '../../workflows/reconciliation.ts';
import { testApi, type TestApi } from '../api/support.ts';
import { announced } from '../support/run.ts';
import { finalOrder, orderFor, orderWhen } from '../support/service.ts';
import { until } from '../support/until.ts';

/* The Schedule and its workflow, through the real worker; each kind of break of the books has its test beside them. */

let api: TestApi;
let client: Client;
let owner: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  api = await testApi();
  const { address, namespace } = api.temporal;
  client = new Client({ connection: await Connection.connect({ address }), namespace });
  owner = new Database({ connectionString: api.database.url });
  await owner.connect();
  const { orm, sealer, signing, clock } = api.deps;
  const connection = await NativeConnection.connect({ address });
  const worker = await createOrderWorker({
    connection,
    namespace,
    workflowBundle: await announced<{ codePath: string }>('workflow-bundle'),
    deps: { orm, sealer, signing, clock, checkLifetimeMs: 86_400_000 },
    workflows: workflowRegister(client, ORDER_WORKFLOW),
  });
  const running = worker.run();
  stop = async () => {
    worker.shutdown();
    await running;
    await connection.close();
  };
});
afterAll(async () => {
  await stop();
  await owner.end();
  await client.connection.close();
  await api.close();
});

let runs = 0;

function reconcile(): Promise<ReconciliationResult> {
  runs += 1;
  return client.workflow.execute(RECONCILIATION_WORKFLOW, {
    workflowId: `reconciliation-${runs}`,
    taskQueue: taskQueues.orders,
    args: [{ quietForMs: 0 }],
  });
}

async function placeOrder(key: string, change: Record<string, unknown> = {}): Promise<string> {
  const { body } = await api.ask('POST', '/v1/orders', { body: orderFor(change), key });
  return body.id;
}

test('books that agree are reported as such', async () => {
  const id = await placeOrder('well');
  await orderWhen(api, id, ({ stage }) => stage === 'scheduled');
  expect(await reconcile()).toEqual({ swept: [], drift: [] });
});

test('an operator compares the books by one command', async () => {
  const { address, namespace } = api.temporal;
  const main = fileURLToPath(new URL('../../cli/countersign.mjs', import.meta.url));
  const command = spawn(process.execPath, [main, 'ops', 'reconcile'], {
    env: {
      PATH: process.env['PATH'],
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      DATABASE_URL: api.database.serviceUrl,
    },
  });
  let output = '';
  command.stdout.on('data', (chunk: Buffer) => (output += String(chunk)));
  const [code] = await once(command, 'close');
  const quiet = 'Orders that changed within the last minute are not compared with their workflows.';
  expect({ code, output }).toEqual({ code: 0, output: `The books agree.\n${quiet}\n` });
});

test('an operator compares the books by one request, and reads what it found', async () => {
  const olga = (method: string) => api.ask(method, '/v1/reconciliation', { as: 'operator-olga' });
  const started = await olga('POST');
  expect(started).toMatchObject({ status: 202, body: { id: expect.any(String) } });
  const { body } = await until(
    () => olga('GET'),
    (answer) => answer.body.data.some((run: Run) => run.id === started.body.id && run.status === 'completed'),
  );
  expect(body.data.length).toBeLessThanOrEqual(10);
  const starts = body.data.map((run: Run) => run.startedAt);
  expect(starts).toEqual(starts.toSorted().toReversed());
  expect(body.data.find((run: Run) => run.id === started.body.id)).toMatchObject({
    endedAt: expect.any(String),
    failure: null,
    found: 0,
    findings: [],
    swept: 0,
  });
});

interface Run {
  readonly id: string;
  readonly status: string;
  readonly startedAt: string;
}

test('an order that nobody works on is found, with what to do', async () => {
  const id = await placeOrder('abandoned');
  await orderWhen(api, id, ({ stage }) => stage === 'scheduled');
  await client.workflow.getHandle(id).terminate('broken on purpose');
  const { drift } = await reconcile();
  expect(drift).toEqual([
    expect.objectContaining({
      kind: 'workflow-missing',
      orderId: id,
      detail: expect.stringContaining('WorkflowTerminated'),
      whatToDo: expect.stringContaining('start its workflow'),
    }),
  ]);
  const marked = { step: 'workflow', reason: 'WorkflowTerminated', waitingOn: 'operator' };
  expect(await orderWhen(api, id, () => true)).toMatchObject({ stage: 'scheduled', attention: marked });
  await reconcile();
  const { body } = await api.ask('GET', `/v1/orders/${id}/timeline`, { as: 'operator-olga' });
  const raised = body.data.filter(
    ({ type, body: said }: { type: string; body: { reason: string } }) =>
      type === 'attention_raised' && said.reason === marked.reason,
  );
  expect(raised).toHaveLength(1);
  const abort = { action: 'abort', reason: 'broken on purpose' };
  const aborted = await api.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body: abort });
  expect(aborted).toMatchObject({ status: 200, body: { stage: 'cancelled', attention: null } });
  expect((await reconcile()).drift).toEqual([]);
});

test('a sum that somebody changed is found beside it, and nothing else', async () => {
  await owner.query('set session_replication_role = replica');
  await owner.query(`update accounts set balance = balance + 1 where id = 'seller-forge'`);
  const { drift } = await reconcile();
  expect(drift.map(({ kind, accountId }) => [kind, accountId])).toContainEqual(['balance-differs', 'seller-forge']);
  expect(drift).toHaveLength(1);
  await owner.query(`update accounts set balance = balance - 1 where id = 'seller-forge'`);
  await owner.query('set session_replication_role = origin');
});

test('a check that ran out is swept where nobody works on its order, and a running order keeps its own', async () => {
  const [left, running] = [await placeOrder('left', MANUAL), await placeOrder('running', MANUAL)];
  await client.workflow.getHandle(left).terminate('broken on purpose');
  await owner.query('set session_replication_role = replica');
  await owner.query(`update echecks set expires_at = now() - interval '1 minute' where order_id in ($1, $2)`, [
    left,
    running,
  ]);
  await owner.query('set session_replication_role = origin');
  const { swept } = await reconcile();
  expect(swept).toEqual([left]);
  expect(await finalOrder(api, left)).toMatchObject({ stage: 'expired', payment: { status: 'voided' } });
  const { body } = await api.ask('GET', `/v1/orders/${running}`);
  expect(body).toMatchObject({ stage: 'check_issued', payment: { status: 'held' } });
});

const MANUAL = { presentation: 'manual' };

test('the schedule is made once, whoever starts, and runs the comparison', async () => {
  await Promise.all([ensureReconciliation(client), ensureReconciliation(client)]);
  const handle = client.schedule.getHandle('reconciliation');
  await handle.trigger();
  const ran = await until(async () => (await handle.describe()).info.recentActions[0]);
  const result = await client.workflow.getHandle(ran.action.workflow.workflowId).result();
  expect(result).toHaveProperty('drift');
  expect((await handle.describe()).policies.overlap).toBe('SKIP');
});
