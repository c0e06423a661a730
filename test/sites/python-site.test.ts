import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importJWK, jwtVerify } from 'jose';
import { ROOT } from '../support/arrows.ts';
import { newSiteKey, payloadOf, sign, type Claims } from '../support/site-words.ts';
import { fakeCheck, ISSUER, startFakeOffice, type FakeOffice } from './fake-office.ts';
import { PYTHON_SITE, startPythonSite, type PythonSite } from './python-site.ts';
import { until } from '../support/until.ts';

/* The site of docs/write-a-site.md, message by message. A whole order of two of them: test/e2e. */

let office: FakeOffice;
let seller: PythonSite;
let distributor: PythonSite;
beforeAll(async () => {
  office = await startFakeOffice();
  const known = { officeUrl: office.url, issuer: ISSUER, apiKey: 'key' };
  seller = await startPythonSite({ ...known, party: 'seller-x' });
  distributor = await startPythonSite({ ...known, party: 'distributor-x', sellerUrl: seller.url });
});
afterAll(async () => {
  await Promise.all([seller.kill(), distributor.kill()]);
  await office.close();
});

async function post({ url }: PythonSite, text: string) {
  const request = { method: 'POST', headers: { 'content-type': 'application/jose' }, body: text };
  const response = await fetch(`${url}/messages`, request);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

/** A receipt, or an instruction, as its signer's JWKS verifies it. */
async function read({ url }: PythonSite, jws: string, typ: string): Promise<Claims> {
  const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: object[] };
  return (await jwtVerify(jws, await importJWK(keys[0] ?? {}, 'EdDSA'), { typ, algorithms: ['EdDSA'] })).payload;
}

const presented = async () => ({
  echeck: await fakeCheck(),
  lines: [{ sku: 'wool-1kg', quantity: 2 }],
  deliverTo: { name: 'Ada', country: 'DE' },
  charge: { amount: 4_800, currency: 'EUR' },
});

async function promisedInstruction(order: string): Promise<string> {
  const ids = { sub: order, jti: `${order}:presentation` };
  const message = await office.message('seller-x', 'presentation', await presented(), ids);
  const receipt = await read(seller, (await post(seller, message)).text, 'party-receipt+jwt');
  expect(receipt).toMatchObject({
    iss: 'seller-x',
    aud: ISSUER,
    message: `${order}:presentation`,
    verdict: 'promised',
  });
  return (receipt['body'] as { instruction: string }).instruction;
}

test('a seller asks the office, promises, and instructs; the distributor reads that instruction and fixes date and time', async () => {
  const instruction = await promisedInstruction('order-1');
  expect(office.asked).toContainEqual(expect.objectContaining({ path: '/v1/echecks/validation' }));
  const said = await read(seller, instruction, 'instruction+jwt');
  expect(said).toMatchObject({ iss: 'seller-x', aud: 'distributor-x', sub: 'order-1', deliverTo: { country: 'DE' } });
  expect(said['lines']).toEqual([{ sku: 'wool-1kg', quantity: 2, weightGrams: 1_000 }]);

  const message = await office.message(
    'distributor-x',
    'instruction',
    { instruction },
    { sub: 'order-1', from: 'seller-x' },
  );
  const { text } = await post(distributor, message);
  const receipt = await read(distributor, text, 'party-receipt+jwt');
  expect(receipt).toMatchObject({
    verdict: 'scheduled',
    body: { deliverAt: expect.stringMatching(/T10:00:00\+00:00$/) },
  });
});

test("an instruction that is not its seller's is not receipted", async () => {
  const claims = {
    iss: 'seller-x',
    aud: 'distributor-x',
    sub: 'order-2',
    iat: Math.floor(Date.now() / 1000),
    lines: [],
  };
  const instruction = await sign('instruction+jwt', claims, await newSiteKey());
  const message = await office.message('distributor-x', 'instruction', { instruction }, { from: 'seller-x' });
  expect(await post(distributor, message)).toMatchObject({ status: 503 });
});

test('what comes again after a power cut is not decided again', async () => {
  const order = 'order-4';
  await promisedInstruction(order);
  const asked = office.asked.length;
  await seller.kill();
  const message = await office.message('seller-x', 'presentation', await presented(), { sub: order });
  await expect(post(seller, message)).rejects.toThrow('fetch failed');
  await seller.start();
  await promisedInstruction(order);
  expect(office.asked).toHaveLength(asked);
});

test('after the completion it demands its payment with the check that was presented', async () => {
  await promisedInstruction('order-3');
  const ids = { sub: 'order-3', jti: 'order-3:completed' };
  await post(seller, await office.message('seller-x', 'completed', { deliveredAt: '2030-01-01T10:00:00Z' }, ids));
  const { echeck } = await presented();
  const demands = () => office.asked.flatMap(({ path, body }) => (path === '/v1/payment-demands' ? [body] : []));
  const { echeck: demanded } = await until(() => demands()[0] as { echeck: string } | undefined);
  expect(payloadOf(demanded)).toEqual(payloadOf(echeck));
});

test.each([
  [
    'of another type',
    async () => sign('party-receipt+jwt', payloadOf(await office.message('seller-x', 'paid', {})), await newSiteKey()),
  ],
  [
    'of a stranger',
    async () => sign('party-message+jwt', payloadOf(await office.message('seller-x', 'paid', {})), await newSiteKey()),
  ],
  ['for another party', () => office.message('seller-y', 'paid', {})],
  ['of another issuer', () => office.message('seller-x', 'paid', {}, { iss: 'https://elsewhere.example' })],
  ['without an order', () => office.message('seller-x', 'paid', {}, { sub: undefined })],
])('a message %s is not receipted', async (_, message) => {
  expect(await post(seller, await message())).toMatchObject({ status: 503 });
});

test('docs/write-a-site.md shows it as it is, and it stays short', () => {
  const file = readFileSync(PYTHON_SITE, 'utf8');
  expect(readFileSync(join(ROOT, 'docs/write-a-site.md'), 'utf8')).toContain(`\`\`\`python\n${file}\`\`\`\n`);
  expect(file.split('\n').filter((line) => line.trim() !== '' && !/^\s*(#|""")/.test(line)).length).toBeLessThan(80);
});
