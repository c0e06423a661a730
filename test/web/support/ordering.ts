import type { Locator, Page } from 'playwright-core';
import { until } from '../../support/until.ts';
import type { Desks, Screen } from './desks.ts';

/** What people do at the desks, by the accessible names that the design promises. */

/** Orders two bags of flour at the buyer's desk, and answers the order's id once its page is open. */
export async function placeOrder(page: Page): Promise<string> {
  await page.getByRole('combobox', { name: 'Seller' }).selectOption('seller-mill');
  await page.getByRole('combobox', { name: 'Distributor' }).selectOption('distributor-swift');
  await page.getByRole('spinbutton', { name: 'Quantity of Wheat flour, 25 kg' }).fill('2');
  await page.getByRole('combobox', { name: 'Country' }).selectOption('Germany');
  await page.getByRole('textbox', { name: 'Name' }).fill('Ada Becker');
  await page.getByRole('textbox', { name: 'Street', exact: true }).fill('Lindenweg 4');
  await page.getByRole('textbox', { name: 'City' }).fill('Köln');
  await page.getByRole('textbox', { name: 'Postal code' }).fill('50667');
  await click(page, 'Place order');
  return openOrder(page);
}

/** The id of the order whose page opens. */
export async function openOrder(page: Page): Promise<string> {
  await page.waitForURL(/\/orders\/[^/]+$/);
  const orderId = new URL(page.url()).pathname.slice('/orders/'.length);
  // The address changes before the page does.
  await page.getByRole('heading', { name: `Order ${orderId}`, exact: true }).waitFor();
  return orderId;
}

/** Comes to an order from the list of the own desk, where its link appears by itself. */
export async function openFromDesk(page: Page, orderId: string): Promise<void> {
  await page
    .getByRole('link', { name: new RegExp(`^${orderId}`) })
    .first()
    .click();
  await openOrder(page);
}

/** Orders, presents and has the seller accept, each at the own desk, up to the indicated payment; the seller's screen stays open. */
export async function orderUpToPayment(desks: Desks, page: Page): Promise<{ orderId: string; seller: Screen }> {
  const orderId = await placeOrder(page);
  await act(page, 'Present check');
  await allSee([page], 'presented');
  const seller = await desks.signedIn('seller-mill');
  await openFromDesk(seller.page, orderId);
  await act(seller.page, 'Accept');
  await allSee([page], 'accepted');
  await act(page, 'Indicate payment');
  return { orderId, seller };
}

export function click(page: Page | Locator, button: string): Promise<void> {
  return page.getByRole('button', { name: button, exact: true }).click();
}

/**
 * Does what can be done once: when it is done, its button is gone. What a loaded machine has not decided in time is done again, as people
 * do it.
 */
export async function act(page: Page, name: string): Promise<void> {
  const button = page.getByRole('button', { name, exact: true });
  const later = page.getByRole('alert').filter({ hasText: /Service unavailable|The service does not answer/ });
  await button.click();
  await until(
    async () => {
      // It may go, or be under way, at any moment.
      if ((await later.count()) > 0) await button.click({ timeout: 1_000 }).catch(() => undefined);
      return (await button.count()) === 0;
    },
    { what: `${name} done at ${page.url()}` },
  );
}

/** Waits until every one of the pages shows the order in that stage: they stand next to each other, and nobody reloads. */
export async function allSee(pages: readonly Page[], ...stages: readonly string[]): Promise<void> {
  await Promise.all(pages.map((page) => sees(page, stages)));
}

async function sees(page: Page, stages: readonly string[]): Promise<void> {
  await until(
    async () => (await page.getByRole('status').textContent())?.trim() ?? '',
    (stage) => stages.includes(stage),
    { what: `${stages.join(' or ')} at ${page.url()}` },
  );
}

/** A page that has been loaded anew has lost the mark. */
export async function markLoaded(page: Page): Promise<{ isStillLoaded(): Promise<boolean> }> {
  await page.evaluate('globalThis.notReloaded = true');
  return { isStillLoaded: () => page.evaluate('globalThis.notReloaded === true') };
}

/** From now on these parties act by hand alone. */
export async function actByHand({ service }: Desks, ...parties: readonly string[]): Promise<void> {
  for (const party of parties) {
    const path = `/v1/registry/${party.split('-')[0]}s/${party}`;
    const { body: registered } = await service.ask('GET', path, { as: 'operator-olga' });
    const { status, body } = await service.ask('PUT', path, {
      as: 'operator-olga',
      body: { ...registered, agent: 'manual' },
    });
    if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
  }
}
