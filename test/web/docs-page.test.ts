import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { axeOf } from './support/axe.ts';
import { openDesks, type Desks, type Screen } from './support/desks.ts';

/* The page at /docs in a real browser: who acts, what is sent, and what its policy keeps out. */

let desks: Desks;
beforeAll(async () => {
  desks = await openDesks();
});
afterAll(() => desks?.close());

/** The page with its description and, in the embedded mode, its demo parties. */
async function open(): Promise<Screen> {
  const screen = await desks.screen();
  const { page } = screen;
  await page.goto('/docs');
  await page.locator('.opblock').first().waitFor();
  await page.getByLabel('Act as').waitFor();
  return screen;
}

/** Opens an operation and makes its fields editable. */
async function tryOut(page: Page, operationId: string): Promise<Locator> {
  const operation = page.locator(`[id$=-${operationId}]`);
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  return operation;
}

const keyOf = (operation: Locator) => operation.locator('tr[data-param-name="Idempotency-Key"] input');

/** Sends what stands there, and reads the answer that is shown. */
async function execute(operation: Locator): Promise<{ status: string; id: string; request: string }> {
  const answered = operation.page().waitForResponse((response) => response.request().method() === 'POST');
  await operation.getByRole('button', { name: 'Execute' }).click();
  const { id } = await (await answered).json();
  const shown = operation.locator('.live-responses-table');
  await shown.getByText(String(id)).first().waitFor();
  const status = await shown.locator('.response .response-col_status').innerText();
  return { id, status, request: await operation.locator('.curl').innerText() };
}

const whoActs = (page: Page, said: string) => page.locator('#who').getByText(said).waitFor();

test('a demo party is chosen and orders with the example as it stands; each request has a key of its own', async () => {
  const { page, context, faults } = await open();
  await page.getByLabel('Act as').selectOption('buyer-ada');
  await whoActs(page, 'You act as buyer-ada (buyer)');
  const operation = await tryOut(page, 'createOrder');
  const key = await keyOf(operation).inputValue();
  const first = await execute(operation);
  expect(first).toMatchObject({ status: '201', request: expect.stringContaining(`Idempotency-Key: ${key}`) });

  expect(await keyOf(operation).inputValue()).not.toBe(key);
  expect((await execute(operation)).id).not.toBe(first.id);

  await keyOf(operation).fill(key);
  expect((await execute(operation)).id).toBe(first.id);
  faults.expectNone();
  await context.close();
});

test('another operation that needs a key has another one', async () => {
  const { page, context } = await open();
  const payout = await keyOf(await tryOut(page, 'payOut')).inputValue();
  const deposit = await keyOf(await tryOut(page, 'depositMoney')).inputValue();
  expect(payout).toMatch(/^[0-9a-f]{32}$/);
  expect(deposit).toMatch(/^[0-9a-f]{32}$/);
  expect(deposit).not.toBe(payout);
  await context.close();
});

test('who acts is said also of a token that is entered by hand, and of one that is refused', async () => {
  const { page, context, faults } = await open();
  const { tokens } = (await desks.service.ask('GET', '/dev/tokens')).body;
  const swift = tokens.find(({ party }: { party: string }) => party === 'distributor-swift');
  const dialog = page.locator('.dialog-ux');
  for (const [token, said] of [
    [swift.token, 'You act as distributor-swift (distributor)'],
    ['no token', 'Not accepted:'],
  ]) {
    await page.getByRole('button', { name: 'Authorize', exact: true }).click();
    await dialog.getByRole('textbox').fill(token);
    await dialog.getByRole('button', { name: 'Apply credentials' }).click();
    await whoActs(page, said);
    await dialog.getByRole('button', { name: 'Remove authorization' }).click();
    await whoActs(page, 'You act as nobody');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
  }
  faults.expectNone(/401/);
  await context.close();
});

test('its policy lets in the files of this service, and nothing inline or from elsewhere', async () => {
  const policy = (await fetch(`${desks.service.url}/docs/`)).headers.get('content-security-policy');
  expect(policy).toMatch(/default-src 'none'.*script-src 'self'.*style-src 'self'/);
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const { page, context, faults } = await open();
  faults.expectNone();
  await page.evaluate(`{
    const script = document.createElement('script');
    script.textContent = 'document.title = "written by an inline script"';
    document.body.append(script);
  }`);
  expect(await page.title()).toBe('Countersign API');
  expect(() => faults.expectNone()).toThrow(/script-src/);
  await context.close();
});

test('its own part is for everybody, and leads back to the desks', async () => {
  const { page, context } = await open();
  // Swagger UI's part is as its makers have it.
  expect((await axeOf(page)).filter((fault) => /header|nav|#party|#who/.test(fault))).toEqual([]);
  await page.getByRole('link', { name: 'Desks' }).click();
  await page.getByRole('button', { name: 'buyer-ada' }).waitFor();
  await context.close();
});

test('where there are no demo parties nobody is offered: a token is entered by hand', async () => {
  const { page, context } = await desks.screen();
  const signIn = page.waitForResponse('**/v1/sign-in');
  await page.route('**/v1/sign-in', (route) => route.fulfill({ json: { kind: 'none' } }));
  await page.goto('/docs');
  await signIn;
  await page.getByRole('button', { name: 'Authorize', exact: true }).waitFor();
  expect(await page.getByLabel('Act as').isVisible()).toBe(false);
  await context.close();
});
