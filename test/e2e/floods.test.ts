import { Client, Connection } from '@temporalio/client';
import { deliveryConfirmed, distributionEvent, registryChanged } from '../../workflows/messages/definitions.ts';
import { searchAttributes } from '../../temporal.config.ts';
import {
  expectNoTrace,
  finalOrder,
  orderFor,
  orderWhen,
  scheduledOrder,
  testService,
  type TestService,
} from '../support/service.ts';
import { until } from '../support/until.ts';

/*
 * Nothing that anybody sends can stop an order: what cannot be read, what nobody knows, and more of it than one workflow may
 * take.
 */
let service: TestService;
let client: Client;
beforeAll(async () => {
  service = await testService();
  const connection = await Connection.connect({ address: service.temporal.address });
  client = new Client({ connection, namespace: service.temporal.namespace });
});
afterAll(async () => {
  await client.connection.close();
  await service.close();
});

let count = 0;
const waitingOrder = (change: Record<string, unknown> = {}) => scheduledOrder(service, `flood-${(count += 1)}`, change);

const justNow = () => new Date().toISOString();
const deliver = (id: string) =>
  client.workflow.getHandle(id).signal(deliveryConfirmed, { eventId: 'proof', deliveredAt: justNow() });
const timeline = async (id: string) =>
  (await service.ask('GET', `/v1/orders/${id}/timeline`, { as: 'operator-olga' })).body.data;

/** As `temporal workflow signal --input-meta encoding=…` sends it. */
async function signalRaw(id: string, signalName: string, encoding: string, data: string): Promise<void> {
  await client.workflowService.signalWorkflowExecution({
    namespace: service.temporal.namespace,
    workflowExecution: { workflowId: id },
    signalName,
    input: { payloads: [{ metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) }] },
  });
}

const UNREADABLE: readonly (readonly [string, string, string])[] = [
  ['deliveryConfirmed', 'json/protobuf', '{"eventId":"e1"}'],
  ['distributionEvent', 'binary/protobuf', '\u0001\u0002'],
  ['deliveryConfirmed', 'binary/encrypted', 'secret'],
  ['distributionEvent', 'json/plain', '{"eventId":'],
  ['deliveryConfirmed', '', ''],
  ['nobodyKnowsThis', 'json/plain', '{}'],
  ['__temporal_x', 'json/plain', '1'],
  ['__proto__', 'json/protobuf', 'x'],
  ['registryChanged', 'json/protobuf', 'x'],
];

test('signals that nobody can read stop nothing, and are noted', async () => {
  const id = await waitingOrder();
  for (const [name, encoding, data] of UNREADABLE) await signalRaw(id, name, encoding, data);
  await client.workflow.getHandle(id).signal(registryChanged);
  await deliver(id);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', attention: null });
  // The last notes for people are written when the order has ended.
  await client.workflow.getHandle(id).result();
  const noted = (await timeline(id)).filter(({ type }: { type: string }) => type === 'message_ignored');
  expect(noted.map(({ body }: { body: { message: string } }) => body.message)).toEqual(
    UNREADABLE.slice(0, 5).map(([name]) => name),
  );
});

test('updates that nobody can read are refused, and leave no trace', async () => {
  const id = await waitingOrder();
  const names = ['cancel', 'intervene', 'present', 'awaitDecision', 'unknown'];
  await expectNoTrace(service, id, names.length, async (at) => {
    const update = String(names[at]);
    const refused = client.workflow.getHandle(id).executeUpdate(update, { args: [{ reason: Buffer.from('x') }] });
    await expect(refused).rejects.toThrow(/\w/);
  });
  await deliver(id);
  await finalOrder(service, id);
});

test('a workflow that was started by hand with nonsense ends with a clear failure', async () => {
  const start = { taskQueue: 'countersign-orders', workflowId: 'order-by-hand', args: [{ orderId: 'order-by-hand' }] };
  const handle = await client.workflow.start('OrderWorkflow', start);
  await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'NoOrder' } });
});

test('one Idempotency-Key with hundreds of other bodies costs its order nothing', async () => {
  const id = await waitingOrder();
  const key = `flood-${count}`;
  await expectNoTrace(service, id, 200, async (at) => {
    const body = orderFor({ lines: [{ sku: 'rye-1kg', quantity: 100 + at }] });
    const answer = await service.ask('POST', '/v1/orders', { body, key });
    expect([answer.status, answer.body.type]).toEqual([422, '/problems/idempotency-key-reused']);
  });
  expect((await service.ask('POST', '/v1/orders', { body: orderFor(), key })).body.id).toBe(id);
  await deliver(id);
  await finalOrder(service, id);
});

test('a scan that is repeated a hundred times is one signal', async () => {
  const id = await waitingOrder();
  const body = { eventId: 'scan', kind: 'in_transit', occurredAt: justNow() };
  const report = () => service.ask('POST', `/v1/orders/${id}/distribution-events`, { as: 'distributor-swift', body });
  expect((await report()).status).toBe(202);
  await orderWhen(service, id, ({ stage }) => stage === 'in_distribution');
  await expectNoTrace(service, id, 100, async () => expect((await report()).status).toBe(202));
  await deliver(id);
  await finalOrder(service, id);
});

test('an order that takes thousands of messages goes on in new runs, with all that it knows', async () => {
  const id = await waitingOrder({ settleOn: 'notice' });
  const handle = client.workflow.getHandle(id);
  const first = await handle.describe();
  for (let sent = 0; sent < 2_400; sent += 100) {
    const scans = Array.from({ length: 100 }, (_, at) => ({
      eventId: `scan-${sent + at}`,
      kind: 'in_transit' as const,
    }));
    await Promise.all(scans.map((scan) => handle.signal(distributionEvent, { ...scan, occurredAt: justNow() })));
  }
  await handle.signal(distributionEvent, { eventId: 'nobody-home', kind: 'failed_attempt', occurredAt: justNow() });
  await untilReported(id, 2_401);
  await orderWhen(service, id, ({ distribution }) => distribution.status === 'failed_attempt');
  await untilRenewed(id, first.runId);
  // A failed attempt is recorded first, and planned again after that.
  await until(
    () => timeline(id),
    (events) => events.filter(({ type }: { type: string }) => type === 'dispatch_scheduled').length === 2,
  );
  const { distribution } = await orderWhen(service, id, () => true);
  const dueOf = ({ typedSearchAttributes }: typeof first) => typedSearchAttributes.get(searchAttributes.deliveryDue);
  const now = await until(
    () => handle.describe(),
    (description) => dueOf(description)?.getTime() === Date.parse(distribution.deliverAt),
    { seen: dueOf },
  );
  expect(now.typedSearchAttributes.get(searchAttributes.stage)).toBe('in_distribution');
  expect(now.typedSearchAttributes.get(searchAttributes.checkNumber)).toBe(id.replace('order-', 'check-'));
  expect(now.raw.workflowExecutionInfo?.memo?.fields).toHaveProperty('requestId');

  await deliver(id);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
  const events = await timeline(id);
  const ofType = (type: string) => events.filter((event: { type: string }) => event.type === type);
  expect(ofType('dispatch_scheduled')).toHaveLength(2);
  expect(ofType('payment_settled')).toHaveLength(1);
  expect(ofType('distribution_reported')).toHaveLength(2_401);
}, 600_000);

/** The order looks the same all the while: what moves is the number of its reports. */
async function untilReported(id: string, wanted: number): Promise<void> {
  const query = `select count(*)::int as reports from distribution_reports where order_id = ?`;
  await until(
    async () => {
      const [row] = await service.deps.orm.em.fork().execute<{ reports: number }[]>(query, [id]);
      const { body } = await service.ask('GET', `/v1/orders/${id}`, { as: 'operator-olga' });
      return { reports: row?.reports, attention: body.attention };
    },
    ({ reports }) => reports === wanted,
    { what: `${wanted} reports of ${id}`, progress: JSON.stringify, pauseMs: 250 },
  );
}

async function untilRenewed(id: string, firstRun: string): Promise<void> {
  await until(
    () => client.workflow.getHandle(id).describe(),
    ({ runId, status }) => runId !== firstRun && status.name === 'RUNNING',
    { what: `a new run of ${id}`, seen: ({ runId, status }) => `${runId}: ${status.name}` },
  );
}
