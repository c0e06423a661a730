import { finalOrder, orderWhen, testService, withoutAttention, type TestService } from '../support/service.ts';
import { credulous, deciding, honest, stalling } from '../support/site-behaviours.ts';
import type { SiteDouble } from '../support/site-double.ts';
import { register, reportBy, sitePair, type SitePair } from '../support/site-parties.ts';

/* Orders over four servers: the office as it is, a seller and a distributor with servers of their own. */

let service: TestService;
let pair: SitePair;
beforeAll(async () => {
  service = await testService();
  pair = await sitePair(service, 'e2e');
});
afterAll(async () => {
  await pair.close();
  await service.close();
});

const typesOf = async (id: string) => {
  const { body } = await service.ask('GET', `/v1/orders/${id}/timeline`, { as: 'operator-olga' });
  return withoutAttention<{ type: string }>(body.data).map(({ type }) => type);
};

test.each(['delivery', 'notice'])(
  'an order that settles on %s goes over four servers, each transmission once',
  async (settleOn) => {
    const placed = await service.ask('POST', '/v1/orders', {
      body: { ...pair.order, settleOn },
      key: `four-${settleOn}`,
    });
    expect([placed.status, placed.body.type]).toEqual([201, undefined]);
    const { id } = placed.body;
    await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
    await reportBy(pair.distributor, id, 'proof');
    const order = await finalOrder(service, id);
    expect(order).toMatchObject({ stage: 'completed', attention: null, payment: { status: 'settled' } });
    const { seller, distributor } = pair;
    expect(seller.kindsOf(id).toSorted()).toEqual(['completed', 'paid', 'payment_indicated', 'presentation']);
    expect(distributor.kindsOf(id)).toEqual(['instruction']);
    const types = await typesOf(id);
    const at = (type: string) => types.indexOf(type);
    expect(at('check_presented')).toBeLessThan(at('check_validated'));
    expect(at('check_validated')).toBeLessThan(at('distribution_promised'));
    expect(at('completion_notified_office')).toBeLessThan(at('completion_notified_seller'));
  },
);

const OLGA = 'operator-olga';
const place = async (with_: SitePair, key: string, change = {}): Promise<string> => {
  const placed = await service.ask('POST', '/v1/orders', { body: { ...with_.order, ...change }, key });
  expect([placed.status, placed.body.type]).toEqual([201, undefined]);
  return placed.body.id;
};
const validate = (site: SiteDouble, id: string) =>
  site.askOffice('POST', '/v1/echecks/validation', {
    echeck: site.triesOf('presentation', id)[0]!.claims!.body.echeck,
  });

test('a seller that decides later accepts through the API, and not before it has had the check validated (claim 2)', async () => {
  const later = await sitePair(service, 'later', { seller: { behaviour: deciding() } });
  const id = await place(later, 'later');
  await orderWhen(service, id, ({ stage }) => stage === 'presented');
  await later.seller.until((tries) => tries.length > 0);
  const accept = () => later.seller.askOffice('POST', `/v1/orders/${id}/acceptance`);
  const refused = await accept();
  expect([refused.status, refused.body.type]).toEqual([409, '/problems/illegal-transition']);
  expect(refused.body.detail).toContain('POST /v1/echecks/validation');
  expect(await typesOf(id)).not.toContain('check_validated');
  for (let times = 0; times < 2; times += 1)
    expect((await validate(later.seller, id)).body).toMatchObject({ valid: true });
  expect((await accept()).status).toBe(200);
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const types = await typesOf(id);
  expect(types.filter((type: string) => type === 'check_validated')).toHaveLength(1);
  expect(types.indexOf('check_validated')).toBeLessThan(types.indexOf('distribution_promised'));
  await later.close();
});

test('a promise without a validated check does not happen; once it is validated it is asked for again', async () => {
  const hasty = await sitePair(service, 'hasty', { seller: { behaviour: credulous() } });
  const id = await place(hasty, 'hasty');
  const { attention, stage } = await orderWhen(service, id, (order) => order.attention?.reason === 'NotValidated');
  expect([stage, attention]).toMatchObject([
    'presented',
    { step: 'presentToSeller', reason: 'NotValidated', waitingOn: 'seller-hasty' },
  ]);
  expect((await validate(hasty.seller, id)).body).toMatchObject({ valid: true });
  await orderWhen(service, id, (order) => order.stage === 'scheduled' && order.attention === null);
  await hasty.close();
});

test('what a check is asked after its acceptance leaves no event', async () => {
  const id = await place(pair, 'asked-late');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const before = await typesOf(id);
  await validate(pair.seller, id);
  expect(await typesOf(id)).toEqual(before);
});

test('cancelling does not wait for a server that hangs, and that server is notified of the end when it is back', async () => {
  const hung = await sitePair(service, 'hung', { seller: { behaviour: stalling() } });
  const id = await place(hung, 'hung');
  await hung.seller.until((tries) => tries.length > 0);
  const cancelled = await service.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'changed my mind' } });
  expect(cancelled).toMatchObject({ status: 200, body: { stage: 'cancelled', payment: { status: 'voided' } } });
  // What was on its way has come to its end by then: the office has let go of it.
  hung.seller.behaviour = honest();
  await hung.seller.until((tries) => tries.some(({ claims }) => claims?.kind === 'ended'));
  const [ended] = hung.seller.triesOf('ended', id);
  expect(ended?.claims?.body).toEqual({ stage: 'cancelled', reason: 'The buyer has cancelled the order.' });
  await hung.close();
});

test('an order whose workflow is lost goes on from its record with the servers that it began with: nothing is sent twice', async () => {
  const lost = await sitePair(service, 'lost');
  const id = await place(lost, 'lost');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await service.client.workflow.getHandle(id).terminate('its history is lost');
  await register(service, 'seller', lost.seller, { agent: 'manual' });
  const resume = { action: 'resume', reason: 'it was terminated' };
  expect((await service.ask('POST', `/v1/orders/${id}/interventions`, { as: OLGA, body: resume })).status).toBe(200);
  await reportBy(lost.distributor, id, 'proof');
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
  const { seller, distributor } = lost;
  expect(seller.kindsOf(id).toSorted()).toEqual(['completed', 'paid', 'payment_indicated', 'presentation']);
  expect(distributor.kindsOf(id)).toEqual(['instruction']);
  await lost.close();
});
