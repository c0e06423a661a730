import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { until } from '../support/until.ts';
import { openDesks, type Desks, type Screen } from './support/desks.ts';
import { openIssuer, type Issuer } from './support/issuer.ts';

/** Signing in at a real OpenID Connect issuer, whose pages a person fills in. */

const TOKEN_SECONDS = 6;

let issuer: Issuer;
let desks: Desks;
let screen: Screen;
beforeAll(async () => {
  issuer = await openIssuer({ tokenSeconds: TOKEN_SECONDS });
  desks = await openDesks({ settings: () => issuer.settings });
  issuer.serve(desks.service.url);
  await register('ada@login.example', 'buyer-ada', 'buyer');
});
afterAll(async () => {
  await desks?.close();
  issuer?.close();
});
beforeEach(async () => {
  screen = await desks.screen();
});
afterEach(() => screen.context.close());

/** As the operator does whose own token says who that is. */
async function register(subject: string, partyId: string, role: string): Promise<void> {
  const operator = await issuer.token('operator-olga', 'operator');
  const response = await fetch(`${desks.service.url}/v1/identities`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' },
    body: JSON.stringify({ issuer: issuer.url, subject, partyId, role }),
  });
  expect(response.status).toBeLessThan(300);
}

async function logIn(page: Page, subject: string): Promise<void> {
  await page.getByLabel('Name').fill(subject);
  await page.getByRole('button', { name: 'Log in' }).click();
}

async function signIn(page: Page, subject: string): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click();
  await logIn(page, subject);
  await page.getByRole('button', { name: 'Allow' }).click();
}

/** What the page has stored where scripts of others could read it. */
function stored(page: Page): Promise<string> {
  return page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
}

/** Before the page reads its address. */
const CHANGE_STATE = `if (location.search.includes('code='))
  history.replaceState(null, '', location.href.replace(/state=[^&]+/, 'state=another'))`;

const signOutButton = (page: Page) => page.getByRole('button', { name: 'Sign out' });

describe('signing in at an issuer', () => {
  test('leads back to where one was, and a reload needs no click', async () => {
    const { page, faults } = screen;
    await page.goto('/buyer');
    await signIn(page, 'ada@login.example');
    await signOutButton(page).waitFor();
    expect(new URL(page.url())).toMatchObject({ pathname: '/buyer', search: '' });
    await page.getByText('buyer-ada').waitFor();
    await page.reload();
    await signOutButton(page).waitFor();
    expect(new URL(page.url())).toMatchObject({ pathname: '/buyer', search: '' });
    faults.expectNone();
  });

  test('from the start leads to the own desk; no token is ever stored', async () => {
    const { page } = screen;
    const sent = new Set<string>();
    page.on('request', (request) => void sent.add(request.headers()['authorization'] ?? ''));
    await page.goto('/');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Name').waitFor();
    await logIn(page, 'ada@login.example');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL('**/buyer');
    await until(() => sent.size > 1);
    const tokens = [...sent].filter((header) => header !== '').map((header) => header.replace('Bearer ', ''));
    const everything = await stored(page);
    for (const token of tokens) expect(everything).not.toContain(token.split('.').at(-1));
    expect(everything).not.toMatch(/eyJ/);
    // Nor the request's verifier, once it has been used.
    expect(everything).not.toContain('code_verifier');
  });

  test('an expired token is renewed, and nobody notices', async () => {
    const { page, faults } = screen;
    const sent = new Set<string>();
    page.on('request', (request) => void sent.add(request.headers()['authorization'] ?? ''));
    await page.goto('/');
    await signIn(page, 'ada@login.example');
    await page.waitForURL('**/buyer');
    // Its stream ends with its token, and is taken up again with the next one.
    await until(() => sent.size > 3, { what: 'three tokens', seen: () => sent.size });
    expect(new URL(page.url()).pathname).toBe('/buyer');
    faults.expectNone();
  });

  test('when the issuer renews no more, the page says so and signs in again', async () => {
    const { page } = screen;
    await page.goto('/');
    await signIn(page, 'ada@login.example');
    await page.waitForURL('**/buyer');
    issuer.forgetEverybody();
    await page.getByRole('alert').filter({ hasText: 'run out' }).waitFor();
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await logIn(page, 'ada@login.example');
    await page.getByRole('button', { name: 'Allow' }).click();
    await signOutButton(page).waitFor();
    expect(new URL(page.url()).pathname).toBe('/buyer');
  });

  test('after a reload without a session at the issuer one signs in again by hand', async () => {
    const { page } = screen;
    await page.goto('/buyer');
    await signIn(page, 'ada@login.example');
    await signOutButton(page).waitFor();
    issuer.forgetEverybody();
    await page.reload();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect(new URL(page.url())).toMatchObject({ pathname: '/buyer', search: '' });
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  test('signing out ends the session at the issuer, too', async () => {
    const { page } = screen;
    await page.goto('/buyer');
    await signIn(page, 'ada@login.example');
    const { revoked } = issuer;
    await signOutButton(page).click();
    await page.getByRole('button', { name: 'End my session' }).click();
    expect(issuer.revoked).toBe(revoked + 1);
    await page.getByRole('button', { name: 'Sign in' }).click();
    // It asks again who it is.
    await page.getByLabel('Name').waitFor();
    expect(await stored(page)).not.toMatch(/eyJ/);
  });
});

describe('nobody is let in', () => {
  test('who did not allow it, and it is said', async () => {
    const { page } = screen;
    await page.goto('/buyer');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await logIn(page, 'ada@login.example');
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.getByRole('alert').filter({ hasText: 'You did not allow it. (access_denied)' }).waitFor();
    expect(new URL(page.url())).toMatchObject({ pathname: '/buyer', search: '' });
  });

  test('whom no identity names; then an operator adds one', async () => {
    const { page } = screen;
    await page.goto('/');
    await signIn(page, 'sam@login.example');
    const why = page.getByRole('alert');
    await why.filter({ hasText: 'No party is registered for this sign-in' }).waitFor();
    expect(await why.textContent()).toContain(`issuer ${issuer.url}, subject sam@login.example`);
    await register('sam@login.example', 'distributor-swift', 'distributor');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL('**/distributor');
    await page.getByText('distributor-swift').waitFor();
  });

  test('who is somebody else can say so', async () => {
    const { page } = screen;
    await page.goto('/');
    await signIn(page, 'nobody@login.example');
    await page.getByRole('button', { name: 'Sign in as somebody else' }).click();
    await logIn(page, 'ada@login.example');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL('**/buyer');
  });

  test.each([
    ['an answer that this tab has not asked for', '/?code=made-up&state=made-up'],
    ['an error that this tab has not asked for', '/?error=server_error&state=made-up'],
  ])('with %s', async (_what, address) => {
    const { page } = screen;
    await page.goto(address);
    await page.getByRole('alert').filter({ hasText: 'not begun in this tab' }).waitFor();
    expect(new URL(page.url())).toMatchObject({ pathname: '/', search: '' });
    expect(await signOutButton(page).count()).toBe(0);
  });

  test('with an answer whose state was changed on the way', async () => {
    const { page } = screen;
    await page.addInitScript({ content: CHANGE_STATE });
    await page.goto('/');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await logIn(page, 'ada@login.example');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('alert').filter({ hasText: 'not begun in this tab' }).waitFor();
    expect(await signOutButton(page).count()).toBe(0);
  });
});

test('where nothing is set, the page says what to set', async () => {
  const { page, context } = await desks.screen();
  await page.route('**/v1/sign-in', (route) => route.fulfill({ json: { kind: 'none' } }));
  await page.goto('/');
  await page.getByText('DESK_OIDC_ISSUER').waitFor();
  await context.close();
});
