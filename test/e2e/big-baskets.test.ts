import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectProblem, type Answer } from '../api/support.ts';
import { ODD_SKUS } from '../support/odd-skus.ts';
import { testTerminal } from '../support/terminal.ts';
import {
  finalOrder,
  orderFor,
  orderWhen,
  testService,
  type TestService,
  presentationOf,
  withoutAttention,
} from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await testService();
});
afterAll(() => service.close());

const OFFERS = 5_000;
const LINES = 1_000;
const euros = (amount: number) => ({ amount, currency: 'EUR' });
const olga = (method: string, path: string, body?: unknown) => service.ask(method, path, { as: 'operator-olga', body });

/** Characters of four bytes each: nothing that may be said is longer. */
const wide = (length: number, number: number) => `${String.fromCodePoint(0x20000 + number)}${'𠀋'.repeat(length - 1)}`;
const skuOf = (number: number) => wide(100, number);

async function register(sellerId: string, commodities: readonly object[]): Promise<void> {
  const answer = await olga('PUT', `/v1/registry/sellers/${sellerId}`, { name: sellerId, commodities });
  expect(answer.status).toBe(200);
}

async function deliver(id: string): Promise<Answer['body']> {
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await service.ask('POST', `/v1/orders/${id}/distribution-events`, {
    as: 'distributor-swift',
    body: { eventId: 'e1', kind: 'delivered', occurredAt: new Date().toISOString() },
  });
  return finalOrder(service, id);
}

const offer = (number: number) => ({
  sku: skuOf(number),
  name: wide(200, number),
  price: euros(number),
  weightGrams: 1,
  handlingHours: 1,
});

describe('a shop of five thousand offers, with the longest names', () => {
  beforeAll(() =>
    register(
      'seller-vast',
      Array.from({ length: OFFERS }, (_, number) => offer(number + 1)),
    ),
  );

  test('is read page by page, in one order, each offer once, and registered again as it was read', async () => {
    const skus: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await service.ask('GET', `/v1/sellers/seller-vast/commodities?limit=700${cursor}`);
      skus.push(...body.data.map(({ sku }: { sku: string }) => sku));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(skus).toHaveLength(OFFERS);
    expect(new Set(skus).size).toBe(OFFERS);

    const path = '/v1/registry/sellers/seller-vast';
    const { body: whole } = await olga('GET', path);
    expect(whole.commodities.map(({ sku }: { sku: string }) => sku)).toEqual(skus);
    expect(await olga('PUT', path, whole)).toMatchObject({ status: 200, body: { version: whole.version } });
    const { body: part } = await olga('GET', `${path}?limit=10`);
    expect(part.commodities).toEqual(whole.commodities.slice(0, 10));
    expectProblem(await olga('PUT', path, part), 'invalid-request');
  });

  test('fills an order of a thousand lines, presented by hand, to the end, and its history stays small', async () => {
    const order = (count: number) =>
      orderFor({
        sellerId: 'seller-vast',
        presentation: 'manual',
        lines: Array.from({ length: count }, (_, number) => ({ sku: skuOf(number + 1), quantity: 1 })),
      });
    const charge = (LINES * (LINES + 1)) / 2;
    const posted = await service.ask('POST', '/v1/orders', { body: order(LINES), key: 'big' });
    expect(posted).toMatchObject({ status: 201, body: { lines: { length: LINES } } });
    const again = await service.ask('POST', '/v1/orders', { body: order(LINES), key: 'big' });
    expect(again).toMatchObject({ status: 201, body: { id: posted.body.id, lines: { length: LINES } } });
    const { id } = posted.body;
    const body = presentationOf(posted.body);
    const presented = await service.ask('POST', `/v1/orders/${id}/presentation`, { body });
    expect(presented.status).toBe(200);
    const big = await deliver(id);
    expect(big).toMatchObject({ stage: 'completed', charge: euros(charge), payment: { amount: euros(charge) } });
    expect(big.lines[LINES - 1]).toMatchObject({ name: wide(200, LINES), unitPrice: euros(LINES) });
    // Temporal warns from 10 MB on and ends a workflow at 50; a step that had to be repeated is in there as well.
    const { historySize } = await service.client.workflow.getHandle(id).describe();
    expect(historySize).toBeLessThan(8_000_000);
    const timeline = await service.ask('GET', `/v1/orders/${big.id}/timeline`);
    expect(withoutAttention<{ type: string }>(timeline.body.data).at(-1)?.type).toBe('order_completed');
  });

  test('is presented in the one signed message of a bound terminal, too', async () => {
    const terminal = await testTerminal();
    const deposit = { amount: euros(1_000_000) };
    await service.ask('POST', '/v1/accounts/buyer-ada/deposits', { as: 'operator-olga', body: deposit, key: 'more' });
    const lines = Array.from({ length: LINES }, (_, number) => ({ sku: skuOf(number + 1), quantity: 1 }));
    const body = orderFor({ sellerId: 'seller-vast', terminalKey: terminal.terminalKey, lines });
    const posted = await service.ask('POST', '/v1/orders', { body, key: 'big-bound' });
    const { id } = posted.body;
    const message = await terminal.present(posted.body);
    const presented = await service.ask('POST', `/v1/orders/${id}/presentation`, { body: message });
    expect(presented.status).toBe(200);
    await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
    const { historySize } = await service.client.workflow.getHandle(id).describe();
    expect(historySize).toBeLessThan(8_000_000);
  });

  test('stands in lists whose pages are shorter, so that no answer carries more than some thousands of lines', async () => {
    const lines = JSON.stringify(Array.from({ length: LINES }, (_, number) => ({ sku: skuOf(number), quantity: 1 })));
    await service.database.orm.em.fork().execute(
      `insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, deliver_to_sealed, settle_on)
       select 'order-' || lpad(n::text, 26, 'a'), 'buyer-list', 'seller-vast', 'distributor-swift', 'requested', 'd', ?::jsonb, 's', 'delivery'
       from generate_series(22, 36) n`,
      [lines],
    );
    const sizes: number[] = [];
    const ids: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await olga('GET', `/v1/orders?buyerId=buyer-list&limit=100${cursor}`);
      sizes.push(body.data.length);
      ids.push(...body.data.map(({ id }: { id: string }) => id));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(sizes).toEqual([6, 6, 3]);
    expect(new Set(ids).size).toBe(15);
  });

  test('refuses a line more, and names no more than a hundred of a thousand that do not fit', async () => {
    const lines = (count: number, quantity: number) =>
      Array.from({ length: count }, (_, number) => ({ sku: skuOf(number + 1), quantity }));
    const post = (body: unknown) => service.ask('POST', '/v1/orders', { body, key: 'refused' });
    expectProblem(await post(orderFor({ lines: lines(LINES + 1, 1) })), 'invalid-request');
    const refused = await post(orderFor({ lines: lines(LINES, 0) }));
    expectProblem(refused, 'invalid-request');
    expect(refused.body.errors).toHaveLength(100);
    const unknown = orderFor({ sellerId: 'seller-vast', lines: [{ sku: skuOf(OFFERS + 1), quantity: 1 }] });
    expectProblem(await service.ask('POST', '/v1/orders', { body: unknown, key: 'unknown' }), 'unknown-commodity');
  });
});

test('SKUs as shops have them are offered, ordered, presented, delivered and paid', async () => {
  const commodities = ODD_SKUS.map((sku) => ({ sku, name: sku, price: euros(100), weightGrams: 1, handlingHours: 1 }));
  await register('seller-odd', commodities);
  const listed: string[] = [];
  for (let cursor = ''; ;) {
    const { body } = await service.ask('GET', `/v1/sellers/seller-odd/commodities?limit=1${cursor}`);
    listed.push(...body.data.map(({ sku }: { sku: string }) => sku));
    if (body.nextCursor === null) break;
    cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
  expect(listed.toSorted()).toEqual([...ODD_SKUS].toSorted());

  const lines = ODD_SKUS.map((sku) => ({ sku, quantity: 2 }));
  const body = orderFor({ sellerId: 'seller-odd', lines });
  const posted = await service.ask('POST', '/v1/orders', { body, key: 'odd' });
  expect(posted.status).toBe(201);
  const order = await deliver(posted.body.id);
  expect(order).toMatchObject({ stage: 'completed', charge: euros(ODD_SKUS.length * 200) });
  expect(order.lines.map(({ sku }: { sku: string }) => sku)).toEqual(ODD_SKUS);
});

test('an SKU is the same however its accents are typed', async () => {
  const tea = { name: 'Tee', price: euros(300), weightGrams: 100 };
  await register('seller-tee', [{ sku: 'Gru\u0308ner Tee', ...tea }]);
  const body = orderFor({ sellerId: 'seller-tee', lines: [{ sku: 'Gr\u00FCner Tee', quantity: 1 }] });
  const posted = await service.ask('POST', '/v1/orders', { body, key: 'tee' });
  expect(posted).toMatchObject({ status: 201, body: { lines: [{ sku: 'Gr\u00FCner Tee', name: 'Tee' }] } });
  const typed = orderFor({ sellerId: 'seller-tee', lines: [{ sku: 'Gru\u0308ner Tee', quantity: 1 }] });
  const again = await service.ask('POST', '/v1/orders', { body: typed, key: 'tee' });
  expect([again.status, again.body.id]).toEqual([201, posted.body.id]);
});
