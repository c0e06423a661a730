import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDesks, type Desks } from './support/desks.ts';

let desks: Desks;
beforeAll(async () => {
  desks = await openDesks();
});
afterAll(() => desks?.close());

describe('signing in as a demo party', () => {
  test.each([
    ['buyer-ada', '/buyer'],
    ['seller-mill', '/seller'],
    ['distributor-swift', '/distributor'],
    ['operator-olga', '/office'],
  ])('%s comes to the own desk, and is still there after a reload', async (party, path) => {
    const { page, context, faults } = await desks.signedIn(party);
    expect(new URL(page.url()).pathname).toBe(path);
    await page.reload();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(path);
    faults.expectNone();
    await context.close();
  });

  test('a party that was registered just now is there as well, and comes to its desk', async () => {
    const body = { name: 'The New Seller', currency: 'EUR' };
    await desks.service.ask('PUT', '/v1/registry/sellers/seller-new', { as: 'operator-olga', body });
    const { page, context, faults } = await desks.signedIn('seller-new');
    expect(new URL(page.url()).pathname).toBe('/seller');
    await page.goto('/docs');
    await page.getByLabel('Act as').selectOption('seller-new');
    await page.locator('#who').getByText('You act as seller-new (seller)').waitFor();
    faults.expectNone();
    await context.close();
  });

  test('who signs in after another, who has not signed out, sees nothing that the other one has read', async () => {
    const { page, context } = await desks.signedIn('buyer-ada');
    const sums = page.getByText('Available', { exact: true });
    await sums.waitFor();
    await page.getByRole('link', { name: 'Countersign' }).click();
    // What the second one reads never comes: all sums that stand there would be the first one's.
    await page.route('**/v1/account', () => undefined);
    await page.getByRole('button', { name: 'buyer-bob', exact: true }).click();
    await page.getByRole('heading', { name: 'New order' }).waitFor();
    expect(await sums.count()).toBe(0);
    await context.close();
  });

  test.each(['/Buyer', '/buyer/'])('%s is the desk as well', async (path) => {
    const { page, context, faults } = await desks.screen();
    await page.goto(path);
    await page.getByRole('button', { name: 'buyer-ada', exact: true }).click();
    await page.getByRole('heading', { name: 'New order' }).waitFor();
    faults.expectNone();
    await context.close();
  });
});
