import { createHash } from 'node:crypto';
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import * as behave from '../support/site-behaviours.ts';
import { startSiteDouble, type Behaviour, type SiteDouble } from '../support/site-double.ts';
import { payloadOf } from '../support/site-words.ts';
import { fakeCheck, ISSUER, startFakeOffice, type FakeOffice } from './fake-office.ts';

/* The doubles of parties' servers do what the tests that use them rely on. */

let office: FakeOffice;
const open: SiteDouble[] = [];
beforeAll(async () => {
  office = await startFakeOffice();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((site) => site.close()));
});
afterAll(() => office.close());

async function double(party: string, behaviour: Behaviour): Promise<SiteDouble> {
  const site = await startSiteDouble({ party, officeUrl: office.url, apiKey: 'key', behaviour });
  open.push(site);
  return site;
}

async function post(site: SiteDouble, text: string, type = 'application/jose', signal?: AbortSignal) {
  const request = {
    method: 'POST',
    headers: { 'content-type': type },
    body: text,
    redirect: 'manual',
    signal: signal ?? null,
  } as const;
  const response = await fetch(`${site.url}/messages`, request);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

const presented = async () => ({
  echeck: await fakeCheck(),
  lines: [{ sku: 'wool-1kg', quantity: 2 }],
  deliverTo: { name: 'Ada', country: 'DE' },
  charge: { amount: 4_800, currency: 'EUR' },
});

async function read(site: SiteDouble, receipt: string) {
  const { keys } = (await (await fetch(`${site.url}/.well-known/jwks.json`)).json()) as { keys: object[] };
  const { payload } = await jwtVerify(receipt, await importJWK(keys[0] ?? {}, 'EdDSA'), { typ: 'party-receipt+jwt' });
  return payload;
}

test('an honest seller asks the office, then signs for exactly what it got and promises by a signed instruction', async () => {
  const site = await double('seller-x', behave.honest());
  const message = await office.message('seller-x', 'presentation', await presented());
  const answer = await post(site, message);
  expect(answer).toMatchObject({ status: 200, type: 'application/jose' });
  const receipt = await read(site, answer.text);
  const { jti, sub } = payloadOf(message);
  const digest = createHash('sha256').update(message).digest('base64url');
  expect(receipt).toMatchObject({ iss: 'seller-x', aud: ISSUER, message: jti, digest, verdict: 'promised' });
  const { instruction } = receipt['body'] as { instruction: string };
  expect(decodeProtectedHeader(instruction)).toMatchObject({ alg: 'EdDSA', typ: 'instruction+jwt' });
  expect(payloadOf(instruction)).toMatchObject({
    iss: 'seller-x',
    aud: 'distributor-x',
    sub,
    lines: [{ sku: 'wool-1kg', quantity: 2, weightGrams: 1_000 }],
    deliverTo: { name: 'Ada' },
  });
  expect(office.asked).toContainEqual({
    method: 'POST',
    path: '/v1/echecks/validation',
    body: { echeck: (payloadOf(message)['body'] as { echeck: string }).echeck },
  });
  expect((await post(site, message)).text).toBe(answer.text);
});

test('it refuses what the office finds bad', async () => {
  const site = await double('seller-x', behave.honest());
  office.isValid = false;
  const { text } = await post(site, await office.message('seller-x', 'presentation', await presented()));
  office.isValid = true;
  expect(await read(site, text)).toMatchObject({ verdict: 'refused', body: { reason: 'check_invalid: stopped' } });
});

test('what the office has not signed, or for another party, is no message', async () => {
  const site = await double('seller-x', behave.honest());
  const other = await office.message('seller-y', 'paid', {});
  const [head, body] = (await office.message('seller-x', 'paid', {})).split('.');
  expect((await post(site, other)).status).toBe(400);
  expect((await post(site, `${head}.${body}.AAAA`)).status).toBe(400);
  expect((await post(site, await office.message('seller-x', 'paid', {}), 'text/plain')).status).toBe(400);
  expect(site.tries.map(({ claims }) => claims)).toEqual([undefined, undefined, undefined]);
});

test('another delivery gets another date, the same one the same', async () => {
  const site = await double('distributor-x', behave.honest());
  /** The hour of the day: the date itself is another one after midnight. */
  const at = async (lines: object[]) => {
    const instruction = await fakeCheck({ lines, deliverTo: { city: 'Berlin' } });
    const { text } = await post(site, await office.message('distributor-x', 'instruction', { instruction }));
    return (payloadOf(text)['body'] as { deliverAt: string }).deliverAt.slice(11);
  };
  expect(await at([{ sku: 'a' }])).toBe(await at([{ sku: 'a' }]));
  expect(await at([{ sku: 'a' }])).not.toBe(await at([{ sku: 'b' }]));
});

test('a server that went away is not there, and comes back at its address with what it had', async () => {
  const site = await double('seller-x', behave.honest());
  const message = await office.message('seller-x', 'paid', {});
  const before = await post(site, message);
  await site.goAway();
  await expect(post(site, message)).rejects.toThrow('fetch failed');
  await site.comeBack();
  expect(await post(site, message)).toEqual(before);
});

test.each([
  ['stalling', behave.stalling(), undefined],
  ['stalling byte by byte', behave.stalling('bytewise'), undefined],
  ['redirecting', behave.redirecting('http://127.0.0.1:1/'), { status: 307 }],
  ['failing', behave.answeringWith({ status: 500 }), { status: 500 }],
])('%s', async (_, behaviour, answer) => {
  const site = await double('seller-x', behaviour);
  const message = await office.message('seller-x', 'paid', {});
  if (answer) expect(await post(site, message)).toMatchObject(answer);
  else await expect(post(site, message, undefined, AbortSignal.timeout(3_000))).rejects.toThrow(/timeout|aborted/);
});

test('a repeating one answers everything with its first receipt', async () => {
  const site = await double('seller-x', behave.repeating());
  const first = await post(site, await office.message('seller-x', 'paid', {}));
  expect(await post(site, await office.message('seller-x', 'completed', {}))).toEqual(first);
});

test('a liar changes what it was told to change, as often as it was told', async () => {
  const site = await double('seller-x', behave.lying({ claims: (good) => ({ ...good, digest: 'x' }) }, { times: 1 }));
  const message = await office.message('seller-x', 'paid', {});
  expect(await read(site, (await post(site, message)).text)).toMatchObject({ digest: 'x', verdict: 'received' });
  expect(await read(site, (await post(site, message)).text)).not.toMatchObject({ digest: 'x' });
});

test('a loser works and its answers do not arrive', async () => {
  const site = await double('seller-x', behave.losing(1));
  const message = await office.message('seller-x', 'paid', {});
  await expect(post(site, message)).rejects.toThrow('fetch failed');
  expect(await post(site, message)).toMatchObject({ status: 200 });
});
