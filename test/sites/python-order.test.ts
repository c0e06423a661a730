import { messagesOf, only } from '../claims/network.ts';
import { claimService, type ClaimService } from '../claims/support.ts';
import { finalOrder, orderWhen } from '../support/service.ts';
import { apiKeyOf, register } from '../support/site-parties.ts';
import { startPythonSite, type PythonSite } from './python-site.ts';

/* A whole order of the real service between two servers in Python, the ones of docs/write-a-site.md. */

const SELLER = 'seller-python';
const DISTRIBUTOR = 'distributor-python';

let service: ClaimService;
let seller: PythonSite;
let distributor: PythonSite;
beforeAll(async () => {
  service = await claimService();
  const office = { officeUrl: service.url, issuer: 'countersign-test' };
  seller = await startPythonSite({ ...office, party: SELLER, apiKey: await apiKeyOf(service, 'seller', SELLER) });
  distributor = await startPythonSite({
    ...office,
    party: DISTRIBUTOR,
    apiKey: await apiKeyOf(service, 'distributor', DISTRIBUTOR),
    sellerUrl: seller.url,
  });
  await register(service, 'seller', seller);
  await register(service, 'distributor', distributor);
});
afterAll(async () => {
  await Promise.all([seller?.kill(), distributor?.kill()]);
  await service.close();
});

function order(key: string) {
  const body = {
    sellerId: SELLER,
    distributorId: DISTRIBUTOR,
    lines: [{ sku: 'wool-1kg', quantity: 3 }],
    deliverTo: { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
  };
  return service.ask('POST', '/v1/orders', { body, key });
}

/** As its driver's program does it, with the key of the party. */
async function deliver(id: string): Promise<void> {
  const body = { eventId: 'proof-1', kind: 'delivered', occurredAt: new Date().toISOString() };
  const as = await apiKeyOf(service, 'distributor', DISTRIBUTOR);
  expect(await service.ask('POST', `/v1/orders/${id}/distribution-events`, { as, body })).toMatchObject({
    status: 202,
  });
}

test('an order between two servers in Python completes, and both have signed for everything', async () => {
  const { status, body } = await order('python-1');
  expect(status).toBe(201);
  await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  await deliver(body.id);
  expect(await finalOrder(service, body.id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
  const messages = await messagesOf(service, body.id, [seller, distributor]);
  expect(
    messages.map(({ kind, receipt }) => `${kind}: ${receipt?.verdict} by ${receipt?.signedBy}`).toSorted(),
  ).toEqual([
    `completed: received by ${SELLER}`,
    `instruction: scheduled by ${DISTRIBUTOR}`,
    `paid: received by ${SELLER}`,
    `payment_indicated: received by ${SELLER}`,
    `presentation: promised by ${SELLER}`,
  ]);
});

test('an order waits for a server that is away, says so, and goes on when it comes back with what it kept', async () => {
  await distributor.kill();
  const { body } = await order('python-2');
  const waiting = await orderWhen(
    service,
    body.id,
    ({ attention }) => attention?.waitingOn === DISTRIBUTOR && attention.reason === 'SiteUnreachable',
  );
  expect(waiting).toMatchObject({ stage: 'accepted', attention: { step: 'instructDistributor' } });
  await distributor.start();
  const retry = { as: 'operator-olga', body: { action: 'retry', reason: 'it is back' } };
  await service.ask('POST', `/v1/orders/${body.id}/interventions`, retry);
  await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  await deliver(body.id);
  expect(await finalOrder(service, body.id)).toMatchObject({ stage: 'completed' });
  const messages = await messagesOf(service, body.id, [seller, distributor]);
  expect(only(messages, 'instruction').attempts).toBeGreaterThan(1);
});
