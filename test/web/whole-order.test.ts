import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../support/until.ts';
import { openDesks, type Desks, type Screen } from './support/desks.ts';
import { act, actByHand, allSee, click, markLoaded, openFromDesk, placeOrder } from './support/ordering.ts';

/** One whole order by four people, each before an own screen, and what comes after it. */

let desks: Desks;
let buyer: Screen;
let seller: Screen;
let distributor: Screen;
let operator: Screen;
beforeAll(async () => {
  desks = await openDesks();
  await actByHand(desks, 'seller-mill', 'distributor-swift');
  buyer = await desks.signedIn('buyer-ada');
  seller = await desks.signedIn('seller-mill');
  distributor = await desks.signedIn('distributor-swift');
  operator = await desks.signedIn('operator-olga');
});
afterAll(() => desks?.close());

describe('a whole order by hand', () => {
  let orderId: string;

  test('goes from desk to desk, and everybody sees the others move without a reload', async () => {
    const marks = await Promise.all([buyer, seller, distributor, operator].map(({ page }) => markLoaded(page)));
    orderId = await placeOrder(buyer.page);
    await allSee([buyer.page], 'check_issued');
    await openFromDesk(operator.page, orderId);
    await allSee([operator.page], 'check_issued');

    await act(buyer.page, 'Present check');
    await openFromDesk(seller.page, orderId);
    await allSee([buyer.page, seller.page, operator.page], 'presented');

    await act(seller.page, 'Accept');
    await allSee([buyer.page, seller.page, operator.page], 'accepted');

    await act(buyer.page, 'Indicate payment');
    await openFromDesk(distributor.page, orderId);
    await allSee([distributor.page], 'accepted');

    const everybody = [buyer.page, seller.page, distributor.page, operator.page];
    await act(distributor.page, 'Confirm date');
    await allSee(everybody, 'scheduled');
    const dateAtBuyer = buyer.page.getByRole('region', { name: 'Delivery' }).locator('strong time');
    const before = await dateAtBuyer.getAttribute('datetime');
    // Where the button was that is gone now, the keyboard goes on.
    await until(
      () => distributor.page.evaluate('document.activeElement.className'),
      (name) => name === 'keeps-focus',
    );
    await distributor.page.getByText('Change the date').click();
    await click(distributor.page, 'Change date');
    await until(
      () => dateAtBuyer.getAttribute('datetime'),
      (at) => at !== null && at !== before,
    );
    await click(distributor.page, 'Picked up');
    await allSee(everybody, 'in_distribution');
    await click(distributor.page, 'In transit');
    await until(() => distributor.page.getByRole('button', { name: 'Delivered' }).isEnabled());
    await click(distributor.page, 'Delivered');
    await allSee(everybody, 'completed');
    for (const mark of marks) expect(await mark.isStillLoaded()).toBe(true);
  });

  test('the check was verified in the browser, by buyer and seller alike', async () => {
    for (const { page } of [buyer, seller]) {
      const check = page.getByRole('region', { name: 'Electronic check' });
      await check.getByText('Signature verified').waitFor();
      expect(await check.textContent()).toContain('37.80');
    }
  });

  test('no price stands before the distributor', async () => {
    const text = (await distributor.page.getByRole('main').textContent()) ?? '';
    expect(text).toContain('Köln');
    expect(text).not.toMatch(/€|37[.,]80|18[.,]90/);
  });

  test('its money nets to zero', async () => {
    await buyer.page.getByText('Nets to zero').waitFor();
  });

  test('the seller gives part of it back, and the buyer sees it', async () => {
    await seller.page.getByText('Give money back').click();
    await seller.page.getByRole('textbox', { name: 'Amount' }).fill('7.80');
    await click(seller.page, 'Refund');
    await seller.page.getByText('7.80 given back').waitFor();
    const money = await until(
      () => desks.service.ask('GET', `/v1/orders/${orderId}/money`),
      ({ body }) => body.entries.some(({ kind }: { kind: string }) => kind === 'refund'),
    );
    expect(money.body.proof.netsToZero).toBe(true);
    await buyer.page.getByRole('region', { name: 'Money' }).getByText('of it was given back').waitFor();
  });

  test('a refund that somebody else has overtaken is explained, and the rest stands there', async () => {
    const { page } = seller;
    const refund = `/v1/orders/${orderId}/refund`;
    await page.route(`**${refund}`, async (route) => {
      const euro = { amount: { amount: 100, currency: 'EUR' }, reason: 'one bag was torn' };
      await desks.service.ask('POST', refund, { as: 'operator-olga', body: euro, key: 'overtaking' });
      await route.continue();
    });
    await page.getByText('Give money back').click();
    await page.getByRole('textbox', { name: 'Amount' }).waitFor();
    await click(page, 'Refund');
    await page.getByText('29.00').first().waitFor();
    await page.getByRole('alert').first().waitFor();
    await page.unroute(`**${refund}`);
    await page.getByText('Give money back').click();
  });

  test('the seller has the rest paid out', async () => {
    const { page } = seller;
    await page.goto('/seller?view=account');
    await page.getByRole('textbox', { name: 'Amount' }).fill('29.00');
    await click(page, 'Pay out');
    await page.getByText('is on its way to your bank').waitFor();
    const { body } = await desks.service.ask('GET', '/v1/account', { as: 'seller-mill' });
    expect(body.balance).toEqual({ amount: 0, currency: 'EUR' });
  });

  test('and no script has failed on any of the screens', () => {
    for (const { faults } of [buyer, seller, distributor, operator]) faults.expectNone(REFUSED);
  });
});

/** A desk may ask for what its party cannot see yet, and a refund that was overtaken is refused. */
const REFUSED = /status of 40[49]/;
