import { CompactSign, exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { sha256 } from '../../../client/base64url.ts';
import { judgeMessage, saidIn, type OrderMessages, type PartyMessage } from '../../../web/order/receipts.ts';

type Claims = Record<string, unknown>;

async function party(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  const { x = '' } = await exportJWK(publicKey);
  return { privateKey, key: { kty: 'OKP', crv: 'Ed25519', x, kid } as const };
}

function sign(claims: Claims, typ: string, kid: string, key: CryptoKey): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(claims));
  return new CompactSign(payload).setProtectedHeader({ alg: 'EdDSA', typ, kid }).sign(key);
}

/** A message of the office and its receipt, which a test may change before they are signed. */
async function evidence(change: { message?: Claims; receipt?: Claims; typ?: string } = {}) {
  const office = await party('office-1');
  const site = await party('site-1');
  const [id, kind, from, to] = ['order-1:presentation', 'presentation', 'buyer-ada', 'seller-loom'] as const;
  const message = await sign(
    { iss: 'countersign', aud: to, sub: 'order-1', jti: id, kind, from, body: {}, ...change.message },
    'party-message+jwt',
    'office-1',
    office.privateKey,
  );
  const receipt = await sign(
    { iss: to, aud: 'countersign', message: id, digest: await sha256(message), verdict: 'promised', ...change.receipt },
    change.typ ?? 'party-receipt+jwt',
    'site-1',
    site.privateKey,
  );
  const at = '2026-11-29T08:00:00.000Z';
  const times = { sentAt: at, lastAttemptAt: at, receiptedAt: at, attempts: 1, attempt: null, fault: null };
  const one: PartyMessage = { id, kind, from, to, message, receipt, verdict: 'promised', keys: site.key, ...times };
  const jwks = { keys: [{ ...office.key, alg: 'EdDSA', use: 'sig' }] };
  return { one, office: { issuer: 'countersign', jwks } as OrderMessages['office'] };
}

test('what the office sent and the party signed for fits the keys that come along', async () => {
  const { one, office } = await evidence();
  expect(await judgeMessage(one, office)).toEqual({ message: 'fits', receipt: 'fits' });
});

test.each([
  ['of another message', { message: 'order-2:presentation' }],
  ['of another text of it', { digest: 'AAAA' }],
  ['with another verdict', { verdict: 'refused' }],
  ['of somebody else', { iss: 'seller-mill' }],
  ['for somebody else', { aud: 'another-office' }],
])('a receipt %s does not fit', async (_what, receipt) => {
  const { one, office } = await evidence({ receipt });
  expect(await judgeMessage(one, office)).toEqual({ message: 'fits', receipt: 'does_not_fit' });
});

test('a receipt of another type does not fit', async () => {
  const { one, office } = await evidence({ typ: 'party-message+jwt' });
  expect((await judgeMessage(one, office)).receipt).toBe('does_not_fit');
});

test('a message that says something else than the list does not fit', async () => {
  const { one, office } = await evidence({ message: { from: 'buyer-bob' } });
  expect((await judgeMessage(one, office)).message).toBe('does_not_fit');
});

test("a foreign key fits nothing, and a changed byte doesn't either", async () => {
  const { one, office } = await evidence();
  const { one: other } = await evidence();
  expect((await judgeMessage({ ...one, keys: other.keys }, office)).receipt).toBe('does_not_fit');
  const changed = one.receipt?.replace(/.(?=.$)/, (byte) => (byte === 'A' ? 'B' : 'A')) ?? null;
  expect((await judgeMessage({ ...one, receipt: changed }, office)).receipt).toBe('does_not_fit');
  expect((await judgeMessage({ ...one, message: 'no jws' }, office)).message).toBe('does_not_fit');
});

test('what is withheld, or has not come, is missing; a receipt is judged without its message, too', async () => {
  const { one, office } = await evidence();
  expect(await judgeMessage({ ...one, message: null }, office)).toEqual({ message: 'missing', receipt: 'fits' });
  const open = { ...one, receipt: null, verdict: null, keys: null };
  expect(await judgeMessage(open, office)).toEqual({ message: 'fits', receipt: 'missing' });
});

test('what a JWS says is shown, and what is none says nothing', async () => {
  const { one } = await evidence();
  expect(saidIn(one.message ?? '')).toMatchObject({ iss: 'countersign', kind: 'presentation' });
  expect(saidIn('no jws')).toBeUndefined();
});
