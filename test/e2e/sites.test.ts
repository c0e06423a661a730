import { finalOrder, orderWhen, testService, type TestService } from '../support/service.ts';
import { reportBy, sitePair, type SitePair } from '../support/site-parties.ts';

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

const kindsOf = ({ seller, distributor }: SitePair, id: string) => ({
  seller: seller.tries.flatMap(({ claims }) => (claims?.sub === id ? [claims.kind] : [])),
  distributor: distributor.tries.flatMap(({ claims }) => (claims?.sub === id ? [claims.kind] : [])),
});
const typesOf = async (id: string) => {
  const { body } = await service.ask('GET', `/v1/orders/${id}/timeline`, { as: 'operator-olga' });
  return body.data.map(({ type }: { type: string }) => type);
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
    const { seller, distributor } = kindsOf(pair, id);
    expect(seller.toSorted()).toEqual(['completed', 'paid', 'payment_indicated', 'presentation']);
    expect(distributor).toEqual(['instruction']);
    const types = await typesOf(id);
    const at = (type: string) => types.indexOf(type);
    expect(at('check_presented')).toBeLessThan(at('check_validated'));
    expect(at('check_validated')).toBeLessThan(at('distribution_promised'));
    expect(at('completion_notified_office')).toBeLessThan(at('completion_notified_seller'));
  },
);
