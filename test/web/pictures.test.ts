import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { BrowserContextOptions } from 'playwright-core';
import { PAGES, textOf } from '../scripts/pages.ts';
import { PROJECT } from '../scripts/support.ts';
import { openDesks, type Desks } from './support/desks.ts';
import { act, actByHand, allSee, placeOrder } from './support/ordering.ts';

/*
 * The pictures of the desks in README and docs: `npm run pictures` takes them anew, every other run of the tests looks whether each that
 * a page shows is there.
 */

const FOLDER = join(PROJECT, 'docs/pictures');
const WIDE: BrowserContextOptions = { viewport: { width: 1280, height: 860 } };
/** High enough for the whole check. */
const HIGH: BrowserContextOptions = { viewport: { width: 1280, height: 1180 } };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true };

if (process.env['WRITE_PICTURES'] === 'true') test('every desk has its picture', takePictures);

test('every picture that a page shows is there, and no other', () => {
  const shown = PAGES.flatMap((page) =>
    [...textOf(page).matchAll(/(?<=pictures\/)[\w-]+\.png/g)].map(([name]) => name),
  );
  expect(new Set(shown)).toEqual(new Set(readdirSync(FOLDER)));
});

async function takePictures(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const desks = await openDesks();
  try {
    const orderId = await someOrders(desks);
    await picture(desks, 'buyer-ada', '/buyer', 'buyer');
    await picture(desks, 'buyer-ada', `/orders/${orderId}`, 'order', HIGH);
    await picture(desks, 'seller-mill', '/seller', 'seller');
    await picture(desks, 'distributor-swift', '/distributor', 'distributor');
    await picture(desks, 'operator-olga', '/office', 'office');
    await picture(desks, 'buyer-ada', `/orders/${orderId}`, 'order-dark', { ...HIGH, colorScheme: 'dark' });
    await picture(desks, 'buyer-ada', '/buyer', 'buyer-phone', PHONE);
  } finally {
    await desks.close();
  }
}

/** Orders at several stages; answers one that waits for its payment to be indicated. */
async function someOrders(desks: Desks): Promise<string> {
  await actByHand(desks, 'seller-mill', 'distributor-swift');
  const { page, context } = await desks.signedIn('buyer-ada');
  const seller = await desks.signedIn('seller-mill');
  let last = '';
  for (const until of ['check_issued', 'presented', 'indicated', 'accepted']) {
    await page.goto('/buyer');
    last = await placeOrder(page);
    await allSee([page], 'check_issued');
    if (until === 'check_issued') continue;
    await act(page, 'Present check');
    await allSee([page], 'presented');
    if (until === 'presented') continue;
    await seller.page.goto(`/orders/${last}`);
    await act(seller.page, 'Accept');
    await allSee([page], 'accepted');
    if (until === 'indicated') await act(page, 'Indicate payment');
  }
  await context.close();
  await seller.context.close();
  return last;
}

async function picture(
  desks: Desks,
  party: string,
  path: string,
  name: string,
  options: BrowserContextOptions = WIDE,
): Promise<void> {
  const { page, context } = await desks.signedIn(party, options);
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await context.close();
}
