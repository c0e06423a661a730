import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { until } from '../support/until.ts';
import { axeOf } from './support/axe.ts';
import { openDesks, type Desks } from './support/desks.ts';
import { actByHand, allSee, openOrder, orderUpToPayment } from './support/ordering.ts';
import { weigh } from './support/weight.ts';

/** What holds of every page, whoever stands before it. */

let desks: Desks;
let orderId: string;
beforeAll(async () => {
  desks = await openDesks();
  await actByHand(desks, 'seller-mill', 'distributor-swift');
  const { page, context } = await desks.signedIn('buyer-ada');
  const led = await orderUpToPayment(desks, page);
  orderId = led.orderId;
  // For its distributor it exists once the instruction is there.
  await until(
    () => desks.service.ask('GET', `/v1/orders/${orderId}`, { as: 'distributor-swift' }),
    ({ status }) => status === 200,
  );
  await context.close();
  await led.seller.context.close();
});
afterAll(() => desks?.close());

const VIEWS = {
  'buyer-ada': ['/buyer', '/buyer?view=account', '/orders/ID'],
  'seller-mill': ['/seller', '/seller?view=payments', '/seller?view=account', '/seller?view=offers', '/orders/ID'],
  'distributor-swift': ['/distributor', '/distributor?view=calendar', '/distributor?view=terms', '/orders/ID'],
  'operator-olga': [
    '/office',
    ...['figures', 'accounts', 'checks', 'registries', 'webhooks', 'access', 'books'].map(
      (view) => `/office?view=${view}`,
    ),
    '/orders/ID',
  ],
} as const;

const PARTIES = Object.keys(VIEWS) as (keyof typeof VIEWS)[];

/** Goes there, and waits until nothing is being read any more. */
async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path.replace('ID', orderId));
  await page.getByRole('heading', { level: 1 }).waitFor();
  await until(
    () => page.locator('.skeleton').count(),
    (skeletons) => skeletons === 0,
    { what: `everything read at ${path}` },
  );
}

test('an address at which there is nothing says so to people, and to programs in their own way', async () => {
  const { page, context } = await desks.screen();
  for (const path of ['/nowhere', '/orders', '/buyer/deeper']) {
    expect((await page.goto(path))?.status()).toBe(404);
    await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
  }
  await context.close();
  for (const [path, accept] of [
    ['/nowhere', '*/*'],
    ['/nowhere', 'application/json'],
    ['/v1/nowhere', 'text/html'],
  ] as const) {
    const answer = await fetch(`${desks.service.url}${path}`, { headers: { accept } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, expect.stringContaining('problem+json')]);
  }
});

describe.each(PARTIES)('the pages of %s', (party) => {
  test.each(['light', 'dark'] as const)('have nothing that axe finds fault with, %s', async (colorScheme) => {
    const { page, context, faults } = await desks.signedIn(party, { colorScheme });
    const found: Record<string, string[]> = {};
    for (const path of VIEWS[party]) {
      await visit(page, path);
      found[path] = await axeOf(page);
    }
    expect(found).toEqual(Object.fromEntries(VIEWS[party].map((path) => [path, []])));
    faults.expectNone();
    await context.close();
  });

  test('are never wider than a phone', async () => {
    const viewport = { width: 390, height: 844 };
    const { page, context } = await desks.signedIn(party, { viewport, isMobile: true, hasTouch: true });
    const widths: Record<string, number> = {};
    for (const path of VIEWS[party]) {
      await visit(page, path);
      widths[path] = Number(await page.evaluate('document.documentElement.scrollWidth'));
    }
    expect(widths).toEqual(Object.fromEntries(VIEWS[party].map((path) => [path, 390])));
    await context.close();
  });

  test('come in less than 200 kB each, loaded for the first time', async () => {
    const weights: Record<string, number> = {};
    for (const path of VIEWS[party]) {
      const { page, context } = await desks.screen();
      // Who has signed in already, in a browser that has kept no file.
      await page.addInitScript({ content: `sessionStorage.setItem('countersign.demo-party', '${party}')` });
      const weight = await weigh(page);
      await visit(page, path);
      await until(() => weight.isComplete());
      weights[path] = weight.bytes();
      await context.close();
    }
    for (const [path, bytes] of Object.entries(weights))
      expect({ path, isLight: bytes > 0 && bytes < 200_000, bytes }).toMatchObject({ path, isLight: true });
  });
});

describe('the page where one signs in', () => {
  test.each(['light', 'dark'] as const)('has nothing that axe finds fault with, %s', async (colorScheme) => {
    const { page, context, faults } = await desks.screen({ colorScheme });
    await visit(page, '/');
    await page.getByRole('button', { name: 'buyer-ada' }).waitFor();
    expect(await axeOf(page)).toEqual([]);
    faults.expectNone();
    await context.close();
  });
});

test('nothing from elsewhere, and no inline script or style, may run on any page', async () => {
  for (const path of ['/', '/buyer', '/seller', '/distributor', '/office', `/orders/${orderId}`]) {
    const { headers } = await fetch(desks.service.url + path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  }
});

test('an order is placed with the keyboard alone', async () => {
  const { page, context } = await desks.signedIn('buyer-bob');
  const { keyboard } = page;
  await page.getByRole('button', { name: 'Place order' }).waitFor();
  /** Goes on by Tab until that element has the focus, as somebody does who sees where it is. */
  const tabTo = async (role: 'combobox' | 'spinbutton' | 'textbox' | 'button', name: string): Promise<void> => {
    const wanted = page.getByRole(role, { name, exact: true });
    await wanted.waitFor();
    for (let presses = 0; presses < 60; presses += 1) {
      if ((await wanted.and(page.locator(':focus')).count()) === 1) return;
      await keyboard.press('Tab');
    }
    throw new Error(`${name} is not reached by Tab`);
  };
  /** By its first letters. A pause between two of them begins another word: after a longer one they are typed again. */
  const choose = async (name: string, option: string): Promise<void> => {
    await tabTo('combobox', name);
    await until(
      async () => {
        await keyboard.type(option);
        return page.evaluate('document.activeElement.selectedOptions[0].textContent');
      },
      (chosen) => chosen === option,
      { pauseMs: 1_500 },
    );
  };
  await choose('Seller', 'The Mill');
  await tabTo('spinbutton', 'Quantity of Rye, 1 kg');
  await keyboard.type('2');
  await choose('Country', 'Germany');
  for (const [field, text] of [
    ['Name', 'Bob Weber'],
    ['Street', 'Am Markt 1'],
    ['Postal code', '28195'],
    ['City', 'Bremen'],
  ] as const) {
    await tabTo('textbox', field);
    await keyboard.type(text);
  }
  await tabTo('button', 'Place order');
  await keyboard.press('Enter');
  await openOrder(page);
  await allSee([page], 'check_issued');
  await tabTo('button', 'Present check');
  await keyboard.press('Enter');
  await allSee([page], 'presented');
  await context.close();
});
