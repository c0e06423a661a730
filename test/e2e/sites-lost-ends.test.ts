import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { messageDrift } from '../../office/reconciliation/messages.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectOrm } from '../../platform/orm.ts';
import { deleteDataKey } from '../../platform/sealing.ts';
import { finalOrder, orderWhen, testService, type TestService } from '../support/service.ts';
import { honest, stalling } from '../support/site-behaviours.ts';
import { sitePair, type SitePair } from '../support/site-parties.ts';

/* Orders that end while no workflow works on them: the servers that have messages of them are notified of the end all the same. */

const OLGA = 'operator-olga';
let service: TestService;
beforeAll(async () => {
  service = await testService();
});
afterAll(() => service.close());

async function scheduled(pair: SitePair, key: string): Promise<string> {
  const { status, body } = await service.ask('POST', '/v1/orders', { body: pair.order, key });
  expect([status, body.type]).toEqual([201, undefined]);
  await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  return body.id;
}
const intervene = (id: string, action: string) =>
  service.ask('POST', `/v1/orders/${id}/interventions`, { as: OLGA, body: { action, reason: 'seen to' } });
const terminate = (id: string) => service.client.workflow.getHandle(id).terminate('by mistake');

/** Both servers have signed for the end, once each. */
async function signedFor({ seller, distributor }: SitePair, id: string): Promise<void> {
  await seller.until(() => seller.triesOf('ended', id).length > 0);
  await distributor.until(() => distributor.triesOf('withdrawn', id).length > 0);
  await service.client.workflow.getHandle(id).result();
  const [ended, withdrawn] = [seller.kindsOf(id), distributor.kindsOf(id)];
  expect(ended.filter((kind) => kind === 'ended')).toHaveLength(1);
  expect(withdrawn.filter((kind) => kind === 'withdrawn')).toHaveLength(1);
}

test('an abort from the row of an order whose workflow is lost reaches both servers', async () => {
  const pair = await sitePair(service, 'row');
  const id = await scheduled(pair, 'row');
  await terminate(id);
  expect(await intervene(id, 'abort')).toMatchObject({ status: 200, body: { stage: 'cancelled' } });
  await signedFor(pair, id);
  expect(await finalOrder(service, id)).toMatchObject({ attention: null, payment: { status: 'voided' } });
  expect(await intervene(id, 'resume')).toMatchObject({ status: 409 });
  await pair.close();
});

test('a workflow that is lost while a server is to be notified of the end is found by the comparison, and resumed', async () => {
  const pair = await sitePair(service, 'lost');
  const id = await scheduled(pair, 'lost');
  pair.seller.behaviour = stalling();
  pair.distributor.behaviour = stalling();
  const body = { reason: 'changed my mind' };
  expect((await service.ask('POST', `/v1/orders/${id}/cancellation`, { body })).status).toBe(200);
  await pair.seller.until(() => pair.seller.triesOf('ended', id).length > 0);
  await terminate(id);
  const owner = await connectOrm({ url: service.database.url, poolMax: 1 });
  await owner.em.execute("update orders set attention = null, updated_at = now() - interval '1 hour' where id = ?", [
    id,
  ]);
  expect(await messageDrift(owner.em)).toMatchObject([{ kind: 'end-unreceipted', orderId: id }]);
  pair.seller.behaviour = honest();
  pair.distributor.behaviour = honest();
  expect(await intervene(id, 'resume')).toMatchObject({ status: 200, body: { stage: 'cancelled' } });
  await service.client.workflow.getHandle(id).result();
  expect(await messageDrift(owner.em)).toEqual([]);
  await owner.close();
  await pair.close();
});

test('servers that were away sign for the end of an order whose buyer was forgotten meanwhile', async () => {
  const pair = await sitePair(service, 'forgotten');
  const id = await scheduled(pair, 'forgotten');
  pair.seller.behaviour = stalling();
  pair.distributor.behaviour = stalling();
  const body = { reason: 'changed my mind' };
  expect((await service.ask('POST', `/v1/orders/${id}/cancellation`, { body })).status).toBe(200);
  await pair.seller.until(() => pair.seller.triesOf('ended', id).length > 0);
  const owner = await connectOrm({ url: service.database.url, poolMax: 1 });
  expect(await deleteDataKey(owner, 'buyer-ada')).toBe(true);
  await owner.close();
  // So long may a process keep a key that another one has deleted.
  await sleep(5_000);
  pair.seller.behaviour = honest();
  pair.distributor.behaviour = honest();
  await service.client.workflow.getHandle(id).result();
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'cancelled', attention: null });
  await pair.close();
});
