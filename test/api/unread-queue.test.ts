import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { readinessChecks } from '../../api/service/readiness.ts';
import { listStuck } from '../../cli/ops/stuck.ts';
import { decide } from '../../cli/ops/decide.ts';
import type { Connections } from '../../cli/ops/connections.ts';
import { createOrderWorker } from '../../workers/order-worker.ts';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';
import { run, type Started } from '../scripts/support.ts';
import { workflowRegister } from '../../platform/workflow-facts.ts';
import { taskQueues } from '../../temporal.config.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import { orderWhen } from '../support/service.ts';
import { announced } from '../support/run.ts';
import { startWorker } from '../support/worker.ts';
import { flourOrder, testApi, workerFor, type Answer, type TestApi } from './support.ts';
import { PATIENCE_MS, until } from '../support/until.ts';

/* Orders that nobody tells on: no worker, one that hangs, one whose code fails, none of the right version. */

/** An API that does not wait long for an answer that nobody gives. */
function impatientApi(): Promise<TestApi> {
  return testApi((deps, client) => {
    const gateway = createOrderGateway({ client, decisionWaitMs: 500, callTimeoutMs: 5_000 });
    return { ...deps, gateway, readiness: readinessChecks(deps.orm, gateway) };
  });
}

/** As its row would be if nothing had happened to it since. */
async function longAgo({ database }: TestApi, id: string): Promise<void> {
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  await owner.query('set session_replication_role = replica');
  const past = `now() - interval '3 days'`;
  await owner.query(`update orders set deliver_at = ${past}, updated_at = ${past} where id = $1`, [id]);
  await owner.end();
}

/** A queue that nobody reads is noticed after a minute only. */
const untilNoticed = <Seen>(ask: () => Promise<Seen>, good: (seen: Seen) => boolean): Promise<Seen> =>
  until(ask, good, { pauseMs: 250, patienceMs: PATIENCE_MS + 60_000 });

const place = async (api: TestApi, key: string): Promise<string> =>
  (await api.ask('POST', '/v1/orders', { body: flourOrder(), key })).body.id;
const reportDelivered = (api: TestApi, id: string): Promise<Answer> =>
  api.ask('POST', `/v1/orders/${id}/distribution-events`, {
    as: 'distributor-swift',
    body: { eventId: 'e1', kind: 'delivered', occurredAt: new Date().toISOString() },
  });
const attention = (api: TestApi) => api.ask('GET', '/v1/orders?attention=true&limit=100', { as: 'operator-olga' });
const reasonOf = (answer: Answer, id: string): string | undefined =>
  answer.body.data.find((order: { id: string }) => order.id === id)?.attention.reason;
const workersCheck = ({ body }: Answer): { ok: boolean; detail: string } =>
  body.checks.find(({ name }: { name: string }) => name === 'workers');
const ready = (api: TestApi) => api.ask('GET', '/health/ready', { as: null });

const metricsOf = async (api: TestApi): Promise<string> => (await api.ask('GET', '/metrics', { as: null })).body;

/** Everywhere where people look: the commands, readiness, the metrics, and the order as operators read it. */
async function untilNamed(
  api: TestApi,
  id: string,
  { reason, words, metric }: { reason: string; words: string; metric: string },
): Promise<void> {
  await untilNoticed(
    async () => {
      const stuck = await listStuck(reachOf(api, true));
      const { body: order } = await api.ask('GET', `/v1/orders/${id}`, { as: 'operator-olga' });
      return {
        listed: stuck.orders.find((one) => one.id === id)?.reason,
        said: [...stuck.notes, ...stuck.orders.map((one) => one.reason)].join('\n').toLowerCase().includes(words),
        ready: (await ready(api)).body.troubles.join('\n').toLowerCase().includes(words),
        metric: (await metricsOf(api)).includes(metric),
        order: order.attention?.reason,
      };
    },
    ({ listed, said, ready: told, metric: shown, order }) =>
      listed?.startsWith(reason) === true && said && told && shown && order?.startsWith(reason) === true,
  );
}

const BECAUSE = { actor: 'olga', because: 'too slow' };
const reachOf = ({ client, deps }: TestApi, withBooks = false): Connections => ({
  temporal: { client, health: deps.gateway.health },
  ...(withBooks && { books: deps.orm }),
  notes: [],
});

describe('no worker', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await impatientApi();
  });
  afterAll(() => api.close());

  test('an order waits, and list, readiness, metrics and interventions say for what; a worker ends it', async () => {
    const id = await place(api, 'unread');
    const listed = await untilNoticed(
      () => attention(api),
      (answer) => reasonOf(answer, id) === 'NoWorker',
    );
    expect(listed.body.data[0].attention).toMatchObject({ step: 'workflow', waitingOn: 'operator' });
    const unready = await ready(api);
    expect(unready).toMatchObject({ status: 503, body: { status: 'not_ready' } });
    expect(workersCheck(unready).detail).toContain('nobody reads the queue countersign-orders');
    for (const queue of Object.values(taskQueues)) {
      const metric = `countersign_task_queue_read{queue="${queue}"} 0`;
      await untilNamed(api, id, { reason: 'NoWorker', words: `nobody reads the queue ${queue}`, metric });
    }
    const metrics = await metricsOf(api);
    expect(metrics).toContain('countersign_orders_needing_attention{reason="NoWorker"} 1');
    expect(metrics).toContain('countersign_orders_needing_attention{reason="WorkflowMissing"} 0');
    const decision = { action: 'abort', reason: 'too slow' };
    const unanswered = await api.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body: decision });
    expect(unanswered.status).toBe(503);
    expect(unanswered.body.detail).toContain('nobody reads the queue');
    // The command asks first whether anybody would take it.
    await expect(decide(reachOf(api), id, 'abort', BECAUSE)).rejects.toThrow(
      `${id}: nothing was done, because no worker would take it: nobody reads the queue`,
    );

    const worker = await workerFor(api);
    try {
      const well = await untilNoticed(
        () => ready(api),
        ({ status }) => status === 200,
      );
      expect(workersCheck(well).detail).toMatch(
        /^the queue countersign-orders is read by \d+ workers?, last at .*Z(;|$)/,
      );
      await untilNoticed(
        () => attention(api),
        ({ body }) => body.data.length === 0,
      );
      expect(await metricsOf(api)).toContain('countersign_task_queue_read{queue="countersign-orders"} 1');

      // An order that its workflow has forgotten: the day of its delivery is long past, and nobody says so.
      const forgotten = await place(api, 'forgotten');
      await orderWhen(api, forgotten, ({ stage }) => stage === 'scheduled');
      await longAgo(api, forgotten);
      const metric = 'countersign_orders_needing_attention{reason="NotMoving"} 1';
      await untilNamed(api, forgotten, { reason: 'NotMoving', words: 'notmoving', metric });
    } finally {
      await worker.stop();
    }
  });
});

describe('a worker that hangs', () => {
  let api: TestApi;
  let worker: Started;
  const folder = mkdtempSync(join(tmpdir(), 'countersign-hung-'));
  beforeAll(async () => {
    api = await impatientApi();
    // The same keys as the API.
    symlinkSync(api.keyFolder, join(folder, 'keys'));
    const { address, namespace } = api.temporal;
    worker = run('workers/main.ts', {
      DATABASE_URL: api.database.serviceUrl,
      DATA_DIR: folder,
      CHECK_ISSUER: 'countersign-test',
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
    });
  });
  afterAll(async () => {
    worker.child.kill('SIGKILL');
    await worker.ended();
    await api.close();
    rmSync(folder, { recursive: true });
  });

  test('is noticed, though Temporal still lists it; once it goes on, nothing is left of it', async () => {
    await untilNoticed(
      () => ready(api),
      ({ status }) => status === 200,
    );
    worker.child.kill('SIGSTOP');
    const id = await place(api, 'hung');
    await untilNoticed(
      () => attention(api),
      (answer) => reasonOf(answer, id) !== undefined,
    );
    const unready = await untilNoticed(
      () => ready(api),
      ({ status }) => status === 503,
    );
    expect(workersCheck(unready).detail).toMatch(/nobody reads the queue countersign-orders since .*Z/);
    // Its task times out again and again meanwhile: that is no fault of the workflow's code.
    const problem = `TemporalReportedProblems = 'category=WorkflowTaskTimedOut'`;
    await untilNoticed(
      () => api.client.workflow.count(problem),
      ({ count }) => count > 0,
    );
    expect(reasonOf(await attention(api), id)).toMatch(/^(NoWorker|WorkerSilent)$/);
    worker.child.kill('SIGCONT');
    await untilNoticed(
      () => ready(api),
      ({ status }) => status === 200,
    );
    await orderWhen(api, id, ({ stage }) => stage !== 'requested');
    await untilNoticed(
      () => attention(api),
      ({ body }) => body.data.length === 0,
    );
  });
});

/** A bundle of other workflows under the same names. */
async function bundleOf(workflows: string, folder: string): Promise<{ codePath: string }> {
  const { code } = await bundleWorkflows(new URL(`../workflow/support/${workflows}.ts`, import.meta.url));
  const codePath = join(folder, `${workflows}.cjs`);
  writeFileSync(codePath, code);
  return { codePath };
}

describe('a build whose code fails', () => {
  let api: TestApi;
  const folder = mkdtempSync(join(tmpdir(), 'countersign-failing-'));
  beforeAll(async () => {
    api = await impatientApi();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await api.close();
  });

  test("the order is in the list with the failure's first line, until another build takes it over", async () => {
    const { orm, sealer, signing, clock } = api.deps;
    const deps = { orm, sealer, signing, clock, checkLifetimeMs: 86_400_000 };
    const faulty = await startWorker(api.temporal, deps, undefined, await bundleOf('failing-workflow', folder));
    const id = await place(api, 'faulty');
    const failing = 'WorkflowTaskFailing: the build has a fault';
    await untilNoticed(
      () => attention(api),
      (answer) => reasonOf(answer, id) === failing,
    );
    await untilNamed(api, id, {
      reason: 'WorkflowTaskFailing',
      words: 'workflowtaskfailing',
      metric: 'countersign_workflow_tasks_failing{cause="WorkflowWorkerUnhandledFailure"} 1',
    });
    expect(await metricsOf(api)).toContain('countersign_orders_needing_attention{reason="WorkflowTaskFailing"} 1');
    await expect(decide(reachOf(api), id, 'abort', BECAUSE)).rejects.toThrow(
      /^order-\w+: .*its workflow fails: the build has a fault.*npm run ops -- rollback/,
    );
    const decision = { action: 'abort', reason: 'too slow' };
    const unanswered = await api.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body: decision });
    expect(unanswered).toMatchObject({ status: 503, body: { orderId: id } });
    expect(unanswered.body.detail).toContain(
      'its workflow fails: the build has a fault; `npm run ops -- rollback` (new orders)',
    );
    await faulty.stop();
    const sound = await workerFor(api);
    await orderWhen(api, id, ({ stage }) => stage === 'scheduled');
    await untilNoticed(
      () => attention(api),
      ({ body }) => body.data.length === 0,
    );
    await sound.stop();

    // The same when a build does not replay the order's history.
    const other = await startWorker(api.temporal, deps, undefined, await bundleOf('other-workflow', folder));
    await reportDelivered(api, id);
    await untilNamed(api, id, {
      reason: 'WorkflowTaskFailing',
      words: 'nondetermini',
      metric: 'countersign_workflow_tasks_failing{cause="NonDeterministicError"} 1',
    });
    await other.stop();
    const again = await workerFor(api);
    await orderWhen(api, id, ({ stage }) => stage === 'completed');
    await again.stop();
  });
});

describe('versions of a worker deployment', () => {
  let api: TestApi;
  let connection: NativeConnection;
  const deploymentName = 'countersign';
  beforeAll(async () => {
    api = await impatientApi();
    connection = await NativeConnection.connect({ address: api.temporal.address });
  });
  afterAll(async () => {
    await connection.close();
    await api.close();
  });

  async function start(buildId: string): Promise<{ stop(): Promise<void> }> {
    const { orm, sealer, signing, clock } = api.deps;
    const worker: Worker = await createOrderWorker({
      connection,
      namespace: api.temporal.namespace,
      workflowBundle: await announced<{ codePath: string }>('workflow-bundle'),
      deps: { orm, sealer, signing, clock, checkLifetimeMs: 86_400_000 },
      version: { deploymentName, buildId },
    });
    const running = worker.run();
    return {
      async stop() {
        worker.shutdown();
        await running;
      },
    };
  }

  async function makeCurrent(buildId: string): Promise<void> {
    const { namespace } = api.temporal;
    const { workflowService } = api.client;
    // A build is known to the server a moment after its first worker has polled.
    await until(
      () =>
        workflowService
          .setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId })
          .then(() => 'current', String),
      (answer) => answer === 'current',
    );
  }

  test('no current version is named, and so are the orders of a version that nobody reads for', async () => {
    const first = await start('v1');
    const id = await place(api, 'pinned');
    await untilNamed(api, id, {
      reason: 'NoCurrentVersion',
      words: 'no version is current',
      metric: 'countersign_task_queue_no_current_version{queue="countersign-orders"} 1',
    });
    expect(workersCheck(await ready(api)).detail).toContain('npm run ops -- deploy countersign:v1');
    await makeCurrent('v1');
    await orderWhen(api, id, ({ stage }) => stage === 'scheduled');
    await untilNoticed(
      () => ready(api),
      ({ status }) => status === 200,
    );

    const second = await start('v2');
    await makeCurrent('v2');
    await first.stop();
    await reportDelivered(api, id);
    await untilNamed(api, id, {
      reason: 'NoWorkerOfVersion:countersign:v1',
      words: 'for version countersign:v1',
      metric: 'countersign_version_pinned{queue="countersign-orders",version="countersign:v1"} 1',
    });
    expect(reasonOf(await attention(api), id)).toBe('NoWorkerOfVersion:countersign:v1');
    const troubles = await workflowRegister(api.client, ORDER_WORKFLOW).troubles();
    expect(troubles).toContainEqual(expect.objectContaining({ orderId: id, kind: 'workflow-unread' }));
    expect(workersCheck(await ready(api)).detail).toContain('for version countersign:v1');
    const decision = { action: 'abort', reason: 'too slow' };
    const abort = () => api.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body: decision });
    const unanswered = await untilNoticed(abort, ({ body }) => body.detail.includes('version countersign:v1'));
    expect(unanswered.status).toBe(503);
    const cancel = () => api.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'enough' } });
    const cancelled = await untilNoticed(cancel, ({ body }) =>
      body.detail.includes('No worker can take this order further'),
    );
    expect(cancelled.status).toBe(503);
    expect(cancelled.body.detail).not.toContain('countersign:v1');
    const again = await start('v1');
    await orderWhen(api, id, ({ stage }) => stage === 'completed');
    await untilNoticed(
      () => attention(api),
      ({ body }) => body.data.length === 0,
    );
    await Promise.all([again.stop(), second.stop()]);
  });
});
