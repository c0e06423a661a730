import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { taskQueues } from '../../temporal.config.ts';
import { moveOn } from '../../workflows/messages/definitions.ts';
import { testTemporal, type OrderServer } from '../support/temporal.ts';
import { imaginedOrdersInRealTime, type ImaginedOrder, type ImaginedOrders } from './support/imagined-orders.ts';
import { until } from '../support/until.ts';

const { TaskQueueType, VersionDrainageStatus } = proto.temporal.api.enums.v1;
const deploymentName = 'countersign';
const DELIVERED = { eventId: 'e1', deliveredAt: new Date().toISOString() };

let server: OrderServer;
const builds: ImaginedOrders[] = [];
beforeAll(async () => {
  server = await testTemporal();
});
afterAll(() => Promise.all(builds.map((build) => build.close())));

/** Rolls a build out as docs/upgrades.md says: start its workers beside the others, then make it the current one. */
async function rollOut(buildId: string): Promise<ImaginedOrders> {
  const build = await imaginedOrdersInRealTime(server, { deploymentName, buildId });
  builds.push(build);
  await current(build.client, buildId);
  return build;
}

async function current(client: Client, buildId: string): Promise<void> {
  const wanted = { namespace: server.namespace, deploymentName, buildId };
  // A build is known to the server a moment after its first worker has polled.
  await until(
    () => client.workflowService.setWorkerDeploymentCurrentVersion(wanted).then(() => 'current', String),
    (answer) => answer === 'current',
  );
  // The queue of the workflow tasks knows it a moment after the server has answered.
  await until(
    () => currentBuildOf(client),
    (known) => known === buildId,
  );
}

/** To which build the queue gives the first task of an order. */
async function currentBuildOf({ workflowService }: Client): Promise<string | null | undefined> {
  const { versioningInfo } = await workflowService.describeTaskQueue({
    namespace: server.namespace,
    taskQueue: { name: taskQueues.orders },
    taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
  return versioningInfo?.currentDeploymentVersion?.buildId;
}

async function buildOf(client: Client, order: ImaginedOrder): Promise<string | null | undefined> {
  const { raw } = await client.workflow.getHandle(order.id).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
}

async function drainageOf(client: Client, buildId: string): Promise<string | undefined> {
  const { workerDeploymentVersionInfo: info } = await client.workflowService.describeWorkerDeploymentVersion({
    namespace: server.namespace,
    deploymentVersion: { deploymentName, buildId },
  });
  return VersionDrainageStatus[info?.drainageInfo?.status ?? 0];
}

test('a rolling upgrade: orders in flight end on the build that they began on, new ones begin on the new', async () => {
  const old = await rollOut('build-1');
  const inFlight = await old.order();
  await inFlight.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);

  const next = await rollOut('build-2');
  const fresh = await next.order();
  await fresh.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
  await inFlight.handle.signal('deliveryConfirmed', DELIVERED);
  await fresh.handle.signal('deliveryConfirmed', DELIVERED);

  expect(await inFlight.end()).toMatchObject({ stage: 'completed' });
  expect(await fresh.end()).toMatchObject({ stage: 'completed' });
  // Each build's worker keeps its own book: a step of the other's order would have failed.
  expect(inFlight.taken).toContain('settlePayment');
  expect(fresh.taken).toContain('settlePayment');
  expect(await buildOf(next.client, inFlight)).toBe('build-1');
  expect(await buildOf(next.client, fresh)).toBe('build-2');
  await until(
    () => drainageOf(next.client, 'build-1'),
    (status) => /DRAINING|DRAINED/.test(status ?? ''),
  );
});

test("what a pinned order sends to a party's server is sent by the build that the order is pinned to", async () => {
  const [old, next] = builds;
  if (!old || !next) throw new Error('two builds were rolled out');
  await current(old.client, 'build-1');
  const order = await old.order({ sites: ['seller', 'distributor'], input: { presentation: 'manual' } });
  await order.until(({ stage, waitingOn }) => stage === 'check_issued' && waitingOn !== null);
  await current(old.client, 'build-2');
  expect(await order.handle.executeUpdate('present', { args: [{ echeck: 'head.body.signature' }] })).toMatchObject({
    ok: true,
  });
  await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
  expect(order.receipted).toEqual(['presentToSeller', 'notifySellerOfPaymentIndication', 'instructDistributor']);
  expect(await buildOf(next.client, order)).toBe('build-1');
});

test('a message that comes just while an order moves on is answered by one of its runs', async () => {
  const [old] = builds;
  if (!old) throw new Error('two builds were rolled out');
  // It moves on to its own build here, whose worker keeps its book.
  await current(old.client, 'build-1');
  const orders = await Promise.all(Array.from({ length: 8 }, () => old.order({ input: { presentation: 'manual' } })));
  await Promise.all(
    orders.map(async (order) => {
      await order.until(({ stage, waitingOn }) => stage === 'check_issued' && waitingOn !== null);
      const presented = order.handle.executeUpdate('present', { args: [{ echeck: 'head.body.signature' }] });
      await order.handle.signal(moveOn);
      expect(await presented).toMatchObject({ ok: true });
      await order.handle.signal('deliveryConfirmed', DELIVERED);
      expect(await order.end()).toMatchObject({ stage: 'completed' });
      expect(order.taken.filter((name) => name === 'issueCheck' || name === 'settlePayment')).toHaveLength(2);
    }),
  );
});
