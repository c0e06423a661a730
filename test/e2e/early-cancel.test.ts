import { setTimeout as sleep } from 'node:timers/promises';
import { orderDigest } from '../../office/checks/jws.ts';
import { orderIdFor } from '../../api/orders/place-order.ts';
import { recordRequested } from '../../office/orders/request.ts';
import { cancel, type OrderInput } from '../../workflows/messages/definitions.ts';
import { finalOrder, testService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

let service: TestService;
beforeAll(async () => {
  service = await testService();
});
afterAll(() => service.close());

async function orderInput(key: string): Promise<OrderInput> {
  const lines = [{ sku: 'rye-1kg', quantity: 3 }];
  const deliverTo = { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
  return {
    orderId: orderIdFor('buyer-ada', key),
    requestDigest: key,
    buyerId: 'buyer-ada',
    terminalId: 'terminal-ada',
    sellerId: 'seller-mill',
    distributorId: 'distributor-swift',
    lines,
    deliverToSealed: await service.deps.sealer.seal('buyer-ada', { ...deliverTo, salt: 'salt' }),
    orderDigest: orderDigest({ lines, deliverTo, salt: 'salt' }),
    settleOn: 'delivery',
    requestedAt: new Date().toISOString(),
  };
}

test('a cancel that reaches the worker together with its order is taken, and nothing is left held', async () => {
  await service.stopWorkers();
  const { gateway, orm } = service.deps;
  const input = await orderInput('early');
  await recordRequested(orm.em.fork(), input);
  const decided = gateway.request(input, 'test');
  const handle = service.client.workflow.getHandle(input.orderId);
  await until(() => handle.describe().catch(() => undefined), { what: 'an order that has started' });
  const cancelled = gateway.update(input.orderId, cancel, { role: 'buyer', reason: 'changed my mind' }, 'early');
  // So that it lies at the server before anybody works there.
  await sleep(200);
  await service.startWorker();
  expect(await cancelled).toEqual({ ok: true, stage: 'cancelled' });
  expect((await decided).kind).toBe('recorded');
  expect(await finalOrder(service, input.orderId)).toMatchObject({ stage: 'cancelled', payment: { status: 'none' } });
});
