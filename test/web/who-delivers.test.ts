import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import { axeOf } from './support/axe.ts';
import { openDesks, type Desks } from './support/desks.ts';

/* At the order form one sees where a distributor delivers, before the office refuses the order. */

let desks: Desks;
beforeAll(async () => {
  desks = await openDesks();
  // By its id the first of the list.
  const body = { name: 'Alpine Carriers', terms: { ...DEMO_DISTRIBUTOR.terms, countries: ['CH', 'IT'] } };
  await desks.service.ask('PUT', '/v1/registry/distributors/distributor-alpine', { as: 'operator-olga', body });
});
afterAll(() => desks?.close());

const box = (page: Page, name: string) => page.getByRole('combobox', { name, exact: true });
const valuesOf = async (page: Page) => [
  await box(page, 'Country').inputValue(),
  await box(page, 'Distributor').inputValue(),
];

test.each([
  ['of Berlin', 'Europe/Berlin', 'en-GB', ['DE', 'distributor-swift']],
  ['of Rome', 'Europe/Rome', 'en-GB', ['IT', 'distributor-alpine']],
  ['of nowhere that somebody delivers to', 'America/Sao_Paulo', 'pt-BR', ['CH', 'distributor-alpine']],
])('a buyer %s begins with a country and a distributor that go together', async (_what, timezoneId, locale, values) => {
  const { page, context, faults } = await desks.signedIn('buyer-ada', { timezoneId, locale });
  await box(page, 'Country').waitFor();
  expect(await valuesOf(page)).toEqual(values);
  faults.expectNone();
  await context.close();
});

test('what was chosen stays as it is, and beside it stands who delivers there', async () => {
  const { page, context, faults } = await desks.signedIn('buyer-ada');
  const distributor = box(page, 'Distributor');
  await box(page, 'Country').selectOption('Switzerland');
  expect(await valuesOf(page)).toEqual(['CH', 'distributor-alpine']);
  await distributor.selectOption('distributor-alpine');
  await box(page, 'Country').selectOption('Germany');
  const hint = 'Alpine Carriers does not deliver to Germany. Swift Distribution does.';
  await page.getByText(hint).waitFor();
  expect(await valuesOf(page)).toEqual(['DE', 'distributor-alpine']);
  expect(await describedBy(page)).toBe(hint);
  expect(await axeOf(page)).toEqual([]);

  await box(page, 'Country').selectOption('Brazil');
  await page.getByText('No distributor delivers to Brazil.').waitFor();
  expect(await valuesOf(page)).toEqual(['BR', 'distributor-alpine']);
  await box(page, 'Country').selectOption('Germany');
  await distributor.selectOption('distributor-swift');
  expect(await page.getByText(/deliver(s)? to/).count()).toBe(0);
  faults.expectNone();
  await context.close();
});

/** What a screen reader says of the distributor beside its name. */
async function describedBy(page: Page): Promise<string | null> {
  const id = await box(page, 'Distributor').getAttribute('aria-describedby');
  return page.locator(`[id="${id}"]`).textContent();
}
