import { jest } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { deliverOver } from '../api/webhook-service.ts';
import { testApi, type TestApi } from '../api/support.ts';
import { quietRuntime } from '../support/quiet-runtime.ts';
import { runFolder } from '../support/run.ts';
import { orderFor, orderWhen } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startWorker, type WorkerChanges } from '../support/worker.ts';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';
import { run, type Started } from './support.ts';
import type { Connections } from '../../cli/ops/connections.ts';
import { deploy, rollBack, type DeployOptions } from '../../cli/ops/deployments/deploy.ts';
import { drain, type DrainOptions } from '../../cli/ops/deployments/drain.ts';
import { printVersions } from '../../cli/ops/deployments/print.ts';
import { readVersions } from '../../cli/ops/deployments/versions.ts';
import { makeCurrent } from '../../platform/deployments/change.ts';
import type { Deployment } from '../../platform/deployments/read.ts';
import { createOrderHealth } from '../../platform/order-health/health.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';

/* Builds are deployed, taken back and drained by command, with real workers on a real server: docs/upgrades.md. */

const deploymentName = 'countersign';
let api: TestApi;
let connection: NativeConnection;
/** What the commands said on their way. */
const progress: string[] = [];
const stops = new Map<string, (() => Promise<unknown>)[]>();
/** A bundle of workflows whose code fails. */
let faultyPath: string;
beforeAll(async () => {
  quietRuntime();
  jest.spyOn(console, 'error').mockImplementation((words) => void progress.push(String(words)));
  api = await testApi();
  connection = await NativeConnection.connect({ address: api.temporal.address });
});
afterAll(async () => {
  await Promise.all([...stops.keys()].map(stopBuild));
  await connection.close();
  await api.close();
});

/** The workers of a build, or of none, that take orders and send to parties' servers: all but those that deliver to webhooks. */
async function startOrders(buildId: string | undefined, changes: WorkerChanges = {}): Promise<void> {
  const { orm, sealer, signing, clock } = api.deps;
  const deps = { orm, sealer, signing, clock, checkLifetimeMs: 30 * 86_400_000 };
  const worker = await startWorker(api.temporal, deps, undefined, {
    ...changes,
    ...(buildId !== undefined && { version: { deploymentName, buildId } }),
  });
  stopLater(buildId ?? 'none', () => worker.stop());
}

function stopLater(buildId: string, stop: () => Promise<unknown>): void {
  stops.set(buildId, [...(stops.get(buildId) ?? []), stop]);
}

async function stopBuild(buildId: string): Promise<void> {
  const own = stops.get(buildId) ?? [];
  stops.delete(buildId);
  await Promise.all(own.map((stop) => stop()));
}

async function startWebhooks(buildId: string): Promise<void> {
  stopLater(buildId, await deliverOver(api, connection, { deploymentName, buildId }));
}

const startBuild = (buildId: string, changes?: WorkerChanges) =>
  Promise.all([startOrders(buildId, changes), startWebhooks(buildId)]);

/** A command as an operator types it. */
function ops(command: string): Started {
  const { address, namespace } = api.temporal;
  return run(
    'cli/main.ts',
    { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, DATABASE_URL: api.database.serviceUrl },
    ['ops', ...command.split(' ')],
  );
}

/** A loaded machine may take longer to connect than the command waits. */
function said(command: string): Promise<{ readonly code: number | null; readonly output: string }> {
  return until(
    async () => {
      const started = ops(command);
      return { code: await started.ended(), output: started.output() };
    },
    ({ output }) => !output.includes('Temporal cannot be reached'),
  );
}

/** What the commands themselves do, without a process for each. */
const acting = { wait: 300, actor: 'olga' } as const;
const reach = (): Connections => ({
  notes: [],
  temporal: {
    client: api.client,
    health: createOrderHealth({
      client: api.client,
      workflowType: ORDER_WORKFLOW,
      timeoutMs: 60_000,
    }),
  },
});
const deployed = (build: string, options: Partial<DeployOptions> = {}) =>
  deploy(reach(), build, { ...acting, ...options });
const rolledBack = (build?: string) =>
  rollBack(reach(), build, { ...acting, wait: build === undefined ? acting.wait : 0 });
const drained = (build: string, options: Partial<DrainOptions> = {}) =>
  drain(reach(), build, { ...acting, wait: 0, ...options });

async function routing(): Promise<Deployment | undefined> {
  const { deployments } = await readVersions(reach());
  return deployments[0];
}

/** Another time of day; timers go on as they are. */
function clockOnly(now: number): void {
  jest.useFakeTimers({
    now,
    doNotFake: [
      ...(['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'] as const),
      ...(['nextTick', 'queueMicrotask', 'hrtime', 'performance'] as const),
    ],
  });
}

/** Places an order and waits until it stands still, waiting for its delivery. */
async function place(key: string): Promise<string> {
  const { body } = await api.ask('POST', '/v1/orders', { body: orderFor(), key });
  await orderWhen(api, body.id, ({ stage }) => stage === 'scheduled');
  return body.id;
}

async function buildOf(id: string): Promise<string | null | undefined> {
  const { raw } = await api.client.workflow.getHandle(id).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
}

test('a build becomes current only once its workers poll every queue', async () => {
  expect(await said('deploy v1 --wait 0')).toMatchObject({
    code: 1,
    output: expect.stringMatching(/knows no worker deployment.*Nothing was changed/s),
  });
  await startOrders(undefined);
  const unversioned = await place('unversioned');
  await startOrders('v1');
  await until(routing);
  const deploying = deployed('v1');
  const missing = 'No worker of countersign:v1 polls countersign-webhooks (workflows)';
  await until(() => progress.some((words) => words.startsWith(missing)));
  expect(await routing()).toMatchObject({ current: undefined });
  expect(printVersions(await readVersions(reach()))).toContain('No build of countersign is current');
  await startWebhooks('v1');
  expect(await deploying).toMatch(/countersign:v1 is current: new orders begin on it \(by olga\)/);
  const { output } = await said('versions');
  expect(output).toMatch(/countersign:v1 +current +\S+Z +0 +1 +1 +1 +\S+Z/);
  expect(output).toContain('was changed last by: ops by olga');
  await deliver(unversioned);
  expect(await buildOf(unversioned)).toBe('v1');
  await stopBuild('none');
});

test('a part of the orders at first, then all; back again; what runs where is said', async () => {
  const first = await place('first');
  await startBuild('v2');
  expect(await deployed('v2', { percentage: 10 })).toMatch(/countersign:v2 gets 10 % of the new orders/);
  const ramping = { version: 'countersign:v2', percentage: 10 };
  expect(await routing()).toMatchObject({ current: 'countersign:v1', ramping });
  await expect(drained('v2')).rejects.toThrow('countersign:v2 is ramping and gets new orders');
  expect(await rolledBack()).toMatch(/countersign:v2 gets no new orders any more/);
  expect(await routing()).not.toHaveProperty('ramping');
  const v1 = async () => (await routing())?.versions.find(({ build }) => build === 'v1');
  await until(v1, (version) => version?.runningOrders === 1);
  expect(await deployed('countersign:v2')).toMatch(
    /v2 is current.*countersign:v1 still runs 1 order.*ops -- drain countersign:v1/s,
  );
  expect(await deployed('v2')).toMatch(/v2 is already current/);
  expect(await rolledBack()).toMatch(/v1 is current/);
  await expect(drained('v1')).rejects.toThrow('countersign:v1 is current and gets new orders');
  await expect(rolledBack()).rejects.toThrow('no build before countersign:v1 was current: name one');
  expect(await rolledBack('v2')).toMatch(/v2 is current/);
  await expect(rolledBack('v0')).rejects.toThrow(/knows no build v0.*Nothing was changed/);
  expect(await buildOf(await place('second'))).toBe('v2');
  expect(await buildOf(first)).toBe('v1');
  expect(await said('drain v1')).toMatchObject({
    code: 1,
    output: expect.stringMatching(
      new RegExp(`1 order still runs on countersign:v1: keep its.*${first} scheduled`, 's'),
    ),
  });
});

test('of two who change a deployment at the same time, one is told so and changes nothing', async () => {
  const before = await routing();
  if (!before) throw new Error('there is a deployment');
  await rolledBack();
  const stale = { client: api.client, deployment: before, identity: 'ops by bob' };
  await expect(makeCurrent(stale, 'v1')).rejects.toThrow('somebody else has changed it');
  await rolledBack('v2');
  expect(await routing()).toMatchObject({ current: 'countersign:v2', changedBy: 'ops by olga' });
});

test('another build takes running orders over if it replays them, and only then', async () => {
  const { code } = await bundleWorkflows(new URL('../workflow/support/failing-workflow.ts', import.meta.url));
  faultyPath = join(mkdtempSync(join(runFolder(), 'faulty-')), 'bundle.cjs');
  writeFileSync(faultyPath, code);
  await startBuild('v3', { codePath: faultyPath });
  const [id] = await idsOn('countersign:v1');
  if (id === undefined) throw new Error('an order of before runs on v1');
  await expect(drained('v1', { moveTo: 'v3', wait: 300 })).rejects.toThrow(
    /stays where it is: the build has a fault\n0 orders moved to countersign:v3; the others stay on countersign:v1/,
  );
  expect(await buildOf(id)).toBe('v1');
  const moved = await drained('v1', { moveTo: 'v2', wait: 300 });
  expect(moved).toMatchObject({
    drained: true,
    words: expect.stringMatching(/1 order moved to countersign:v2.*its workers may be stopped/s),
  });
  expect(await buildOf(id)).toBe('v2');
  await deliver(id);
  expect(await said('drain v1')).toMatchObject({ code: 0 });
});

test('orders that wait continue as new on the current build, and their former one is drained', async () => {
  const [id] = await until(
    () => idsOn('countersign:v2'),
    (ids) => ids.length === 1,
  );
  if (id === undefined) throw new Error('an order of before runs on v2');
  const { memo } = await api.client.workflow.getHandle(id).describe();
  await startBuild('v4');
  await deployed('v4');
  // As the commands see it two minutes after all workers have gone.
  clockOnly(Date.now() + 120_000);
  await expect(drained('v2', { continue: true })).rejects.toThrow(
    /No worker of countersign:v2 runs.*drain countersign:v2 --move-to countersign:v4\. Nothing was changed/,
  );
  jest.useRealTimers();
  expect(await drained('v2', { continue: true, wait: 300 })).toMatchObject({
    drained: true,
    words: expect.stringMatching(/1 order of countersign:v2 told to continue.*its workers may be stopped/s),
  });
  expect(await buildOf(id)).toBe('v4');
  const moved = await api.client.workflow.getHandle(id).describe();
  expect(moved.memo).toEqual(memo);
  await deliver(id);
});

test('an order whose task has failed on its build again and again is moved as soon as that build lets go of it', async () => {
  const id = await place('failing');
  expect(await buildOf(id)).toBe('v4');
  await stopBuild('v4');
  await startBuild('v4', { codePath: faultyPath });
  await startBuild('v5');
  await deployed('v5');
  await api.ask('POST', `/v1/orders/${id}/distribution-events`, {
    as: 'distributor-swift',
    body: reported('in_transit'),
  });
  const pending = async () => (await api.client.workflow.getHandle(id).describe()).raw.pendingWorkflowTask;
  // From the second on its worker does not say that an attempt has failed.
  await until(pending, (task) => (task?.attempt ?? 0) > 2);
  expect(await drained('v4', { moveTo: 'v5' })).toMatchObject({
    words: expect.stringContaining('1 order moved to countersign:v5'),
  });
  expect(await buildOf(id)).toBe('v5');
  await orderWhen(api, id, ({ stage }) => stage === 'in_distribution');
});

async function deliver(id: string): Promise<void> {
  await api.ask('POST', `/v1/orders/${id}/distribution-events`, {
    as: 'distributor-swift',
    body: reported('delivered'),
  });
  await orderWhen(api, id, ({ stage }) => stage === 'completed');
}

const reported = (kind: string) => ({ eventId: kind, kind, occurredAt: new Date().toISOString() });

async function idsOn(version: string): Promise<string[]> {
  const ids: string[] = [];
  const query = `ExecutionStatus = 'Running' and TemporalWorkerDeploymentVersion = '${version}'`;
  for await (const { workflowId } of api.client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}
