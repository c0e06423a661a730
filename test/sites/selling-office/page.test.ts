import { request as httpRequest } from 'node:http';
import { newOrderId, notice, presentation, send, startTestShop, stockOf, type TestShop } from './shop.ts';
import { until } from '../../support/until.ts';

/* The page of the shop's people. */

let loom: TestShop;
beforeAll(async () => {
  loom = await startTestShop({ DECIDE: 'by-hand' });
});
afterAll(() => loom.close());

const get = async (path: string) => (await fetch(`${loom.shop.url}${path}`)).text();
/** A form as a browser sends it from the page itself, unless another origin is given. */
const post = (path: string, form: Record<string, string>, origin = loom.shop.url) =>
  fetch(`${loom.shop.url}${path}`, {
    method: 'POST',
    headers: { Origin: origin },
    body: new URLSearchParams(form),
    redirect: 'manual',
  });

async function waiting(): Promise<string> {
  const orderId = newOrderId();
  await send(loom, await presentation(loom.office, { orderId }));
  return orderId;
}

test('shows orders, goods and stock, and of an order its messages and receipts', async () => {
  const orderId = await waiting();
  const all = await get('/');
  for (const text of [orderId, '2 × linen-3m, 1 × wool-blanket', '178.40 EUR', 'to be decided', 'Wool blanket'])
    expect(all).toContain(text);
  const one = await get(`/orders/${orderId}`);
  for (const text of ['Lindenweg 4, 50667, Köln', '<strong>presentation</strong>, answered later', 'eyJ'])
    expect(one).toContain(text);
  for (const path of ['/orders/order-none', '/nowhere']) {
    const missing = await fetch(`${loom.shop.url}${path}`);
    expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining('There is no such')]);
  }
});

test('what others have written is text, never markup', async () => {
  const orderId = newOrderId();
  const body = { stage: 'cancelled', reason: '<script>alert("1")</script>' };
  await send(loom, await notice(loom.office, { orderId, kind: 'ended', body }));
  const page = await get(`/orders/${orderId}`);
  expect(page).not.toContain('<script>');
  expect(page).toContain('&#60;script&#62;');
});

test('takes decisions by its buttons', async () => {
  const [good, bad] = [await waiting(), await waiting()];
  expect((await post(`/orders/${good}/acceptance`, {})).status).toBe(303);
  expect((await post(`/orders/${bad}/refusal`, { reason: ' ' })).status).toBe(422);
  expect((await post(`/orders/${bad}/refusal`, { reason: 'clo\u0000sed' })).status).toBe(422);
  expect((await post(`/orders/${bad}/refusal`, { reason: 'closed' })).status).toBe(303);
  expect((await post(`/orders/${bad}/acceptance`, {})).status).toBe(409);
  expect(await get(`/orders/${good}`)).toContain('<p role="status">promised</p>');
  expect(await get(`/orders/${bad}`)).toContain('<p role="status">refused: closed</p>');
});

test('changes stock and charges, which are offered at the office', async () => {
  loom.office.asked.length = 0;
  expect((await post('/commodities', { sku: 'canvas-10m', onHand: '7', priceAmount: '12345' })).status).toBe(303);
  expect(await stockOf(loom, 'canvas-10m')).toMatchObject({ onHand: 7, priceAmount: 12_345 });
  // The offers of its start may come only now: what is waited for is the one with the new charge.
  const offered = await until(() =>
    loom.office.asked.findLast(
      ({ request, body }) => request.startsWith('PATCH') && JSON.stringify(body).includes('12345'),
    ),
  );
  expect(offered.body).toMatchObject({
    commodities: expect.arrayContaining([
      expect.objectContaining({ sku: 'canvas-10m', price: { amount: 12_345, currency: 'EUR' } }),
    ]),
  });
});

test.each([
  ['fewer than are promised', { sku: 'linen-3m', onHand: '0', priceAmount: '4470' }],
  ['a commodity that is none', { sku: 'silk', onHand: '1', priceAmount: '1' }],
  ['no charge', { sku: 'linen-3m', onHand: '400', priceAmount: '0' }],
  ['half a piece', { sku: 'linen-3m', onHand: '1.5', priceAmount: '4470' }],
])('refuses %s', async (_name, form) => {
  await waiting();
  const before = await stockOf(loom, 'linen-3m');
  const response = await post('/commodities', form);
  expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('role="alert"')]);
  expect((await stockOf(loom, 'linen-3m')).onHand).toBe(before.onHand);
});

describe('is not there', () => {
  const status = (headers: Record<string, string>, method = 'GET', path = '/') =>
    new Promise((resolve, reject) => {
      const { port } = new URL(loom.shop.url);
      httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end();
    });

  test.each<[string, Record<string, string>]>([
    ['under another name', { Host: 'evil.example' }],
    ['through a proxy', { 'X-Forwarded-For': '10.0.0.1' }],
    ['by a proxy that says so', { Via: '1.1 proxy' }],
  ])('%s', async (_name, headers) => {
    expect(await status(headers)).toBe(404);
  });

  test('for a form of another site', async () => {
    const before = await stockOf(loom, 'canvas-10m');
    const form = { sku: 'canvas-10m', onHand: '1', priceAmount: '1' };
    expect((await post('/commodities', form, 'https://evil.example')).status).toBe(404);
    expect((await post('/commodities', form, 'null')).status).toBe(404);
    expect(await stockOf(loom, 'canvas-10m')).toMatchObject({ onHand: before.onHand });
  });

  test("but it is under this machine's own names", async () => {
    const { port } = new URL(loom.shop.url);
    for (const name of ['localhost', '127.0.0.1', '[::1]']) expect(await status({ Host: `${name}:${port}` })).toBe(200);
  });
});

test('its style is its own', async () => {
  const { status, headers } = await fetch(`${loom.shop.url}/style.css`);
  expect([status, headers.get('Content-Type')]).toEqual([200, expect.stringContaining('text/css')]);
});

test('nothing of it may be framed, and no script runs', async () => {
  const { headers } = await fetch(loom.shop.url);
  expect(headers.get('Content-Security-Policy')).toContain("script-src 'self'");
  expect(headers.get('X-Frame-Options')).toBe('SAMEORIGIN');
});
