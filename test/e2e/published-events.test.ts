import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { faultsBySchema } from '../support/published-schema.ts';
import { orderFor, orderWhen, presentationOf, testService, type TestService } from '../support/service.ts';
import { testTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

/*
 * Events that need somebody's fault, as the OpenAPI document has them; test/know brings all others about. Every timeline that any test reads
 * through `ask` is judged by the document.
 */

let service: TestService;
let ledgerIsAway = false;
beforeAll(async () => {
  service = await testService((steps) => ({
    ...steps,
    settlePayment: async (demand: Parameters<typeof steps.settlePayment>[0]) => {
      if (ledgerIsAway) throw new Error('the ledger is away');
      return steps.settlePayment(demand);
    },
  }));
});
afterAll(() => service.close());

const post = (path: string, body: unknown, as = 'buyer-ada') => service.ask('POST', path, { as, body });
const place = async (key: string, change: object = {}) =>
  (await service.ask('POST', '/v1/orders', { body: orderFor({ ...change }), key })).body;
const report = (id: string, kind: string) =>
  post(
    `/v1/orders/${id}/distribution-events`,
    { eventId: kind, kind, occurredAt: new Date().toISOString() },
    'distributor-swift',
  );

interface ReadEvent {
  readonly type: string;
  readonly body: Record<string, unknown>;
}

/** The order's last event of that type, as each of its readers gets it; every one as it is published. */
async function eventFor(id: string, type: string, readers: readonly string[]): Promise<(ReadEvent | undefined)[]> {
  return Promise.all(
    readers.map(async (as) => {
      const timeline = await until(
        () => service.ask('GET', `/v1/orders/${id}/timeline`, { as }),
        ({ body }) => body.data.some((event: ReadEvent) => event.type === type),
      );
      expect(faultsBySchema('Timeline', timeline.body)).toEqual([]);
      return timeline.body.data.findLast((event: ReadEvent) => event.type === type);
    }),
  );
}

test('a presentation that was refused', async () => {
  const { id, ...order } = await place('refused', { presentation: 'manual' });
  const { lines, ...rest } = presentationOf(order);
  const { status } = await post(`/v1/orders/${id}/presentation`, {
    ...rest,
    lines: [{ sku: 'rye-1kg', quantity: 30 }],
  });
  expect([status, lines]).toEqual([422, [{ sku: 'rye-1kg', quantity: 3 }]]);
  const told = await eventFor(id, 'check_refused', ['buyer-ada', 'operator-olga']);
  expect(told.map((event) => event?.body)).toEqual([0, 1].map(() => ({ valid: false, reason: 'altered' })));
});

test('a presentation of a bound terminal', async () => {
  const terminal = await testTerminal();
  const order = await place('bound', { terminalKey: terminal.terminalKey });
  const message = await terminal.present(order);
  await post(`/v1/orders/${order.id}/presentation`, message);
  const [buyers, operators] = await eventFor(order.id, 'check_presented', ['buyer-ada', 'operator-olga']);
  expect(buyers?.body).toMatchObject(message);
  expect(operators?.body).toMatchObject({ presentation: null, deliverTo: null });
});

test('a demand of the seller itself', async () => {
  const register = (paymentDemand: string) =>
    service.ask('PUT', '/v1/registry/sellers/seller-mill', {
      as: 'operator-olga',
      body: { name: 'The Mill', agent: 'auto', paymentDemand },
    });
  await register('own');
  const { id, echeck } = await place('demanded', { settleOn: 'delivery' });
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await report(id, 'delivered');
  await orderWhen(service, id, ({ stage }) => stage === 'delivered');
  await eventFor(id, 'completion_notified_office', ['operator-olga']);
  expect((await post('/v1/payment-demands', { echeck: echeck.jws, reference: 'no. 7' }, 'seller-mill')).status).toBe(
    201,
  );
  await register('auto');
  const [buyers, sellers] = await eventFor(id, 'payment_demanded', ['buyer-ada', 'seller-mill', 'operator-olga']);
  expect(sellers?.body).toMatchObject({ reference: 'no. 7', echeck: { jws: echeck.jws } });
  expect(buyers?.body).not.toHaveProperty('reference');
});

test('an order that was held up and goes on', async () => {
  const { id } = await place('held up');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  ledgerIsAway = true;
  await report(id, 'delivered');
  await orderWhen(service, id, ({ attention }) => attention?.step === 'settlePayment');
  ledgerIsAway = false;
  await post(`/v1/orders/${id}/interventions`, { action: 'retry', reason: 'it is back' }, 'operator-olga');
  await service.client.workflow.getHandle(id).result();
  const all = ['buyer-ada', 'seller-mill', 'distributor-swift', 'operator-olga'];
  const [buyers, , , operators] = await eventFor(id, 'attention_cleared', all);
  expect([buyers?.body, operators?.body]).toEqual([{}, { step: 'settlePayment' }]);
});

test('a report after the end', async () => {
  const { id } = await place('late');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await post(`/v1/orders/${id}/cancellation`, { reason: 'enough' });
  await service.client.workflow.getHandle(id).result();
  await report(id, 'delivered');
  const [, operators] = await eventFor(id, 'attention_raised', ['distributor-swift', 'operator-olga']);
  expect(operators?.body).toMatchObject({ reason: 'ReportAfterEnd', eventId: 'delivered', kind: 'delivered' });
});

test('a message that nobody can read', async () => {
  const { id } = await place('unreadable');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await service.client.workflow.getHandle(id).signal('distributionEvent', 'nothing');
  const [event] = await eventFor(id, 'message_ignored', ['operator-olga']);
  expect(event?.body).toMatchObject({ message: 'distributionEvent' });
});
