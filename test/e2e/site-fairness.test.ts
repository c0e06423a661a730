import { finalOrder, orderWhen, testService, type TestService } from '../support/service.ts';
import { stalling } from '../support/site-behaviours.ts';
import { reportBy, sitePair, type SitePair } from '../support/site-parties.ts';
import { PLACES } from '../../activities/transmissions/places.ts';
import { until } from '../support/until.ts';

/* Two hundred orders of a seller whose server hangs: another seller's order goes through them as if they were not there. */

const HUNG = 200;
const AT_ONCE = 10;

let service: TestService;
let hung: SitePair;
let well: SitePair;
beforeAll(async () => {
  service = await testService();
  hung = await sitePair(service, 'hung', { seller: { behaviour: stalling() } });
  well = await sitePair(service, 'well');
  const funds = { amount: { amount: 100_000_000, currency: 'EUR' } };
  await service.ask('POST', '/v1/accounts/buyer-ada/deposits', { as: 'operator-olga', body: funds, key: 'fairness' });
});
afterAll(async () => {
  await hung.close();
  await well.close();
  await service.close();
});

async function placed(pair: SitePair, key: string): Promise<string> {
  const ask = () => service.ask('POST', '/v1/orders', { body: pair.order, key });
  return (await until(ask, ({ status }) => status === 201)).body.id;
}

test('a server that hangs holds up its own orders, and nobody else', async () => {
  const waiting = Array.from({ length: HUNG }, (_, index) => `hung-${index}`);
  const ids: string[] = [];
  const placeOneByOne = async () => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) ids.push(await placed(hung, key));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, placeOneByOne));
  await hung.seller.until((tries) => tries.length >= PLACES);

  const id = await placed(well, 'well');
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await reportBy(well.distributor, id, 'proof');
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', attention: null });

  const { body } = await service.ask('GET', `/v1/orders/${ids[0]}`, { as: 'operator-olga' });
  expect(body.stage).toBe('presented');
  expect(well.seller.tries.every(({ claims }) => claims?.sub === id)).toBe(true);
});
