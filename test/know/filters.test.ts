import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { STAGES } from '../../domain/order.ts';
import { expectProblem, type Answer } from '../api/support.ts';
import { orderFor, orderWhen, testService, type TestService } from '../support/service.ts';

type Order = Answer['body'];

let service: TestService;
/** Of every party all that it may list, newest first. */
const lists = new Map<string, readonly Order[]>();
const PARTIES = ['buyer-ada', 'buyer-bob', 'seller-mill', 'seller-forge', 'distributor-swift', 'operator-olga'];

const FORGE = { sellerId: 'seller-forge', lines: [{ sku: 'nails-1kg', quantity: 1 }] };
const ONE = { lines: [{ sku: 'rye-1kg', quantity: 1 }] };

beforeAll(async () => {
  service = await testService();
  const wanted: readonly [string, object, string][] = [
    ['buyer-ada', ONE, 'scheduled'],
    ['buyer-bob', ONE, 'scheduled'],
    ['buyer-ada', { ...ONE, presentation: 'manual' }, 'check_issued'],
    ['buyer-bob', { ...FORGE, payment: 'manual' }, 'accepted'],
    ['buyer-ada', FORGE, 'scheduled'],
    ['buyer-bob', { ...FORGE, lines: [{ sku: 'anvil-50kg', quantity: 1 }] }, 'declined'],
  ];
  for (const [key, [as, change, stage]] of wanted.entries()) {
    const body = orderFor({ ...change });
    const posted = await service.ask('POST', '/v1/orders', { as, body, key: `filter-${key}` });
    await orderWhen(service, posted.body.id ?? posted.body.orderId, (order) => order.stage === stage);
  }
  for (const as of PARTIES) lists.set(as, (await list(as, {})).body.data);
});
afterAll(() => service.close());

function list(as: string, query: Readonly<Record<string, string>>): Promise<Answer> {
  return service.ask('GET', `/v1/orders?${new URLSearchParams(query).toString()}`, { as });
}

type Filter = Readonly<Record<string, string>>;

/** The filters, as a sentence each. */
function fits(order: Order, filter: Filter): boolean {
  const { createdAfter, createdBefore, ...equal } = filter;
  const created = Date.parse(order.createdAt);
  const isSame = Object.entries(equal).every(([name, value]) => order[name] === value);
  const isLater = createdAfter === undefined || created > Date.parse(createdAfter);
  return isSame && isLater && (createdBefore === undefined || created < Date.parse(createdBefore));
}

const times = () => (lists.get('operator-olga') ?? []).map(({ createdAt }) => String(createdAt));
/** The same moment, told in another zone. */
const elsewhere = (time: string) => new Date(Date.parse(time) + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');

test('everybody lists what exists for it', () => {
  expect([...lists].map(([party, orders]) => [party, orders.length])).toEqual([
    ['buyer-ada', 3],
    ['buyer-bob', 3],
    ['seller-mill', 2],
    ['seller-forge', 2],
    ['distributor-swift', 3],
    ['operator-olga', 6],
  ]);
});

test('any filters together list what each of them lets through, of what is the own, page by page', async () => {
  const optional = (values: readonly string[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
  const moments = times().flatMap((time) => [time, elsewhere(time)]);
  const filters = fc.record({
    stage: optional(STAGES),
    buyerId: optional(['buyer-ada', 'buyer-bob', 'buyer-nobody']),
    sellerId: optional(['seller-mill', 'seller-forge']),
    distributorId: optional(['distributor-swift', 'distributor-nobody']),
    createdAfter: optional(moments),
    createdBefore: optional(moments),
  });
  await fc.assert(
    fc.asyncProperty(filters, fc.constantFrom(...PARTIES), fc.integer({ min: 1, max: 3 }), async (asked, as, limit) => {
      const filter = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Filter;
      const found: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const { body } = await list(as, { ...filter, limit: String(limit), ...(cursor && { cursor }) });
        found.push(...body.data.map(({ id }: Order) => id));
        cursor = body.nextCursor;
      }
      // A distributor cannot see everything that it may ask for: its orders are judged as the office sees them.
      const all = new Map(lists.get('operator-olga')?.map((order) => [order.id, order]));
      const own = (lists.get(as) ?? []).map(({ id }) => all.get(id));
      expect(found).toEqual(own.filter((order) => fits(order, filter)).map((order) => order.id));
    }),
    { numRuns: 80 },
  );
});

describe('what is no filter', () => {
  test.each<Filter>([
    { stage: 'finished' },
    { buyerId: 'no one' },
    { distributorId: '' },
    { createdAfter: 'yesterday' },
    { createdAfter: '2026-11-28' },
    { createdBefore: '2026-02-30T10:00:00Z' },
    { createdBefore: '2026-11-28T10:00:00' },
    { createdBy: 'buyer-ada' },
  ])('%j', async (query) => {
    expectProblem(await list('operator-olga', query), 'invalid-request');
  });
});

test('the attention list takes the same filters', async () => {
  const [order, other] = (lists.get('operator-olga') ?? []).filter(({ stage }) => stage === 'scheduled');
  const since = new Date().toISOString();
  const attention = JSON.stringify({ step: 'delivery', reason: 'Overdue', since, waitingOn: 'operator' });
  await service.deps.orm.em
    .fork()
    .execute('update orders set attention = ?::jsonb where id in (?, ?)', [attention, order.id, other.id]);
  const ids = async (query: Filter) => {
    const { body } = await list('operator-olga', { attention: 'true', ...query });
    return new Set(body.data.map(({ id }: Order) => id));
  };
  expect(await ids({})).toEqual(new Set([order.id, other.id]));
  for (const one of [order, other]) {
    const { buyerId, sellerId, createdAt } = one;
    expect(await ids({ buyerId, sellerId, stage: 'scheduled', distributorId: 'distributor-swift' })).toContain(one.id);
    expect(await ids({ createdAfter: createdAt })).not.toContain(one.id);
    expect(await ids({ createdBefore: createdAt })).not.toContain(one.id);
    expect(await ids({ buyerId: 'buyer-nobody' })).toEqual(new Set());
    expect(await ids({ distributorId: 'distributor-nobody' })).toEqual(new Set());
  }
});
