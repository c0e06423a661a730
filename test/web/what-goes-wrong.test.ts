import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { orderFor } from '../support/service.ts';
import { until } from '../support/until.ts';
import { openDesks, type Desks } from './support/desks.ts';
import { act, actByHand, allSee, click, openFromDesk, placeOrder } from './support/ordering.ts';

/* Answers that get lost, parts of the page that do not come, and what else may go wrong before somebody who is at work. */

let desks: Desks;
beforeAll(async () => {
  desks = await openDesks();
  await actByHand(desks, 'seller-mill', 'distributor-swift');
});
afterAll(() => desks?.close());

const linkTo = (page: Page, orderId: string) => page.getByRole('link', { name: new RegExp(`^${orderId}`) });

test('an order whose answer was lost is the same order when it is placed again, also after a look at the account', async () => {
  const { page, context } = await desks.signedIn('buyer-ada');
  const keys: (string | undefined)[] = [];
  await page.route('**/v1/orders', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    keys.push(route.request().headers()['idempotency-key']);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  const placed = placeOrder(page);
  await page.getByText('Place it again as it stands: that is the same order').waitFor();
  const before = await desks.service.ask('GET', '/v1/orders');
  const parts = page.getByRole('navigation', { name: 'Parts of this desk' });
  await parts.getByRole('link', { name: 'Account' }).click();
  await page.getByRole('heading', { name: 'New order' }).waitFor({ state: 'detached' });
  await parts.getByRole('link', { name: 'Order' }).click();
  await click(page, 'Place order');
  const orderId = await placed;
  expect(new Set(keys).size).toBe(1);
  const after = await desks.service.ask('GET', '/v1/orders');
  expect(after.body.data.map(({ id }: { id: string }) => id)).toEqual(
    before.body.data.map(({ id }: { id: string }) => id),
  );
  expect(after.body.data[0].id).toBe(orderId);
  await context.close();
});

test('an old order that waits for the buyer stands before the newer ones, with one link', async () => {
  const { page, context } = await desks.signedIn('buyer-ada');
  const orderId = await placeOrder(page);
  await allSee([page], 'check_issued');
  // The newest page of the list is full of others.
  await page.route('**/v1/orders?limit=20', (route) => route.fulfill({ json: { data: [], nextCursor: null } }));
  await page.goto('/buyer');
  await page.getByRole('region', { name: 'Waiting for you' }).getByRole('article', { name: orderId }).waitFor();
  await page.unroute('**/v1/orders?limit=20');
  await page.goto('/buyer');
  await page.getByText('held').first().waitFor();
  expect(await linkTo(page, orderId).count()).toBe(1);
  await context.close();
});

test('one stream of events is followed from page to page', async () => {
  const { page, context } = await desks.signedIn('buyer-ada');
  // A page that opens on a loaded machine may ask for its stream more than once: it is counted from a good answer on.
  const answered = page.waitForResponse(
    (response) => new URL(response.url()).pathname === '/v1/events' && response.ok(),
  );
  await page.reload();
  await answered;
  await page.getByRole('heading', { name: 'New order' }).waitFor();
  let opened = 0;
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/v1/events') opened += 1;
  });
  const orderId = await placeOrder(page);
  await page.getByRole('link', { name: 'Buyer' }).click();
  await openFromDesk(page, orderId);
  await allSee([page], 'check_issued');
  expect(opened).toBe(0);
  await context.close();
});

test('a part of the page that does not come is said in its place, and comes once it can', async () => {
  const { page, context } = await desks.signedIn('operator-olga');
  await page.route('**/assets/books-view-*.js', (route) => route.abort());
  await page.goto('/office?view=books');
  await page.getByRole('alert').getByText('This part of the page could not be loaded').waitFor();
  await page.unroute('**/assets/books-view-*.js');
  await click(page, 'Load the page again');
  await page
    .getByRole('button', { name: /Compare/ })
    .first()
    .waitFor();
  await context.close();
});

test("what keeps orders from going on, and they cannot say themselves, stands on the check office's board", async () => {
  const { page, context } = await desks.signedIn('operator-olga');
  await page.goto('/office');
  // The workers of these tests leave webhooks alone.
  await page.getByRole('alert').getByText('Nobody reads the queue countersign-webhooks').waitFor();
  await context.close();
});

test('why nobody can sign in as a demo party is said', async () => {
  const { page, context } = await desks.screen();
  const detail = 'Demo tokens exist for callers on the same machine only.';
  await page.route('**/dev/tokens', (route) =>
    route.fulfill({
      status: 404,
      contentType: 'application/problem+json',
      json: { type: '/problems/not-found', title: 'Not found', status: 404, detail },
    }),
  );
  await page.goto('/');
  await page.getByRole('alert').getByText(detail).waitFor();
  await context.close();
});

test('the page of an order that is not there stays as it is while it is looked for', async () => {
  const { page, context } = await desks.signedIn('buyer-ada');
  await page.goto('/orders/order-of-nobody');
  await page.getByRole('heading', { name: 'There is no such order here' }).waitFor();
  await page.getByRole('link', { name: 'Go to your desk' }).focus();
  await page.evaluate('document.querySelector("h1").id = "kept"');
  for (let look = 0; look < 2; look += 1)
    await page.waitForResponse((response) => response.url().endsWith('/v1/orders/order-of-nobody'));
  expect(await page.locator('h1').getAttribute('id')).toBe('kept');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Go to your desk');
  await context.close();
});

test('a distributor elsewhere reports by its own clock, and the field says whose that is', async () => {
  const { body } = await desks.service.ask('POST', '/v1/orders', {
    body: orderFor({ payment: 'manual' }),
    key: 'by-clock',
  });
  const orderId = body.id;
  await until(
    () => desks.service.ask('GET', `/v1/orders/${orderId}`),
    (answer) => answer.body.stage === 'presented',
  );
  for (const [move, options] of [
    ['acceptance', { as: 'seller-mill' }],
    ['payment-indication', { body: {} }],
  ] as const)
    await until(
      () => desks.service.ask('POST', `/v1/orders/${orderId}/${move}`, options),
      ({ status }) => status === 200,
    );
  const { page, context } = await desks.signedIn('distributor-swift', { timezoneId: 'America/New_York' });
  await openFromDesk(page, orderId);
  await act(page, 'Confirm date');
  await allSee([page], 'scheduled');
  const now = new Date();
  const wall = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Europe/Berlin',
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(now);
  await page.getByLabel('When in Europe/Berlin (empty: now)').fill(wall.replace(' ', 'T'));
  // What counts is what is sent: the field knows minutes, and this one may have begun before the order.
  const sent = page.waitForRequest('**/distribution-events');
  await click(page, 'Picked up');
  const { occurredAt } = (await sent).postDataJSON();
  expect(Math.abs(Date.parse(occurredAt) - now.getTime())).toBeLessThanOrEqual(60_000);
  await context.close();
});

test('what is built anew while the service runs is served, and what is gone or cannot be read harms nobody', async () => {
  const file = 'web/dist/assets/of-this-test.js';
  const path = `${desks.service.url}/assets/of-this-test.js`;
  try {
    writeFileSync(file, 'built = true;');
    expect(await (await fetch(path)).text()).toBe('built = true;');
    rmSync(file);
    expect((await fetch(path)).status).toBe(404);
    // Opening it works and reading it does not.
    symlinkSync('/proc/self/mem', file);
    await fetch(path)
      .then((response) => response.text())
      .catch(() => undefined);
    expect((await fetch(`${desks.service.url}/health/live`)).status).toBe(200);
  } finally {
    rmSync(file, { force: true });
  }
});
