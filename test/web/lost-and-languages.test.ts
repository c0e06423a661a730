import { withoutAttention } from '../support/service.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { silentProxy, type SilentProxy } from '../support/silent-proxy.ts';
import { openDesks, type Desks } from './support/desks.ts';
import { actByHand, allSee, click, placeOrder } from './support/ordering.ts';

let desks: Desks;
let line: SilentProxy;
beforeAll(async () => {
  desks = await openDesks({
    line: async (url) => {
      line = await silentProxy(url);
      return line.url;
    },
  });
  await actByHand(desks, 'seller-mill', 'distributor-swift');
});
afterAll(async () => {
  await desks?.close();
  await line?.close();
});

// What one test leaves refused would take the next ones with it.
afterEach(() => line.thaw());

describe('a lost connection', () => {
  test('is said, comes back by itself, and what was clicked meanwhile happens once', async () => {
    const { page, context } = await desks.signedIn('buyer-ada');
    const orderId = await placeOrder(page);
    await allSee([page], 'check_issued');
    line.refuse();
    await page.getByText('Connection lost').waitFor();
    await click(page, 'Present check');
    // What the page reads meanwhile, the check and the receipts, may say the same in its own place.
    await page.locator('.buyers-act').getByRole('alert').getByText('The service does not answer').waitFor();
    line.thaw();
    await page.getByText('Connection lost').waitFor({ state: 'detached' });
    await allSee([page], 'check_issued');
    await click(page, 'Present check');
    await allSee([page], 'presented');

    // Others act while nobody hears of it.
    line.refuse();
    await page.getByText('Connection lost').waitFor();
    const accepted = await desks.service.ask('POST', `/v1/orders/${orderId}/acceptance`, { as: 'seller-mill' });
    expect(accepted.status).toBe(200);
    line.thaw();
    await allSee([page], 'accepted');
    const { body } = await desks.service.ask('GET', `/v1/orders/${orderId}/timeline`);
    const types = withoutAttention<{ type: string }>(body.data).map(({ type }) => type);
    expect(types).toEqual([...new Set(types)]);
    await context.close();
  });
});

describe.each([
  ['de-DE', /37,80\s€/, /\d{2}\.\d{2}\.\d{4}, \d{2}:\d{2}/],
  ['en-US', /€37\.80/, /[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d{2}\s[AP]M/],
])('a browser that speaks %s', (locale, money, date) => {
  test('shows sums and dates its way, and English words', async () => {
    const { page, context, faults } = await desks.signedIn('buyer-ada', { locale });
    await placeOrder(page);
    await allSee([page], 'check_issued');
    const main = (await page.getByRole('main').textContent()) ?? '';
    expect(main).toMatch(money);
    expect(main).toMatch(date);
    await page.getByRole('button', { name: 'Present check' }).waitFor();
    faults.expectNone();
    await context.close();
  });
});
