import { generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { exportJWK, generateKeyPair } from 'jose';
import type { Falsehood } from './site-behaviours.ts';
import type { Claims, SiteKey } from './site-words.ts';

/*
 * Every way in which a receipt may be wrong: none of them counts (attention `BadReceipt`, or `SiteUnreachable` where nothing
 * good came over HTTP at all). For tables.
 */

const claim = (change: Claims): Falsehood => ({ claims: (good) => ({ ...good, ...change }) });
const without = (name: string): Falsehood => ({
  claims: (good) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name)),
});
const seconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset;

/** What is false in its words: by name, with what is wrong. */
export const FALSE_CLAIMS: Record<string, Falsehood> = {
  'another issuer': claim({ iss: 'seller-mill' }),
  'another audience': claim({ aud: 'https://elsewhere.example' }),
  'two audiences': { claims: (good) => ({ ...good, aud: [good['aud'], 'https://elsewhere.example'] }) },
  "another message's id": claim({ message: 'order-00000000000000000000000000:presentation' }),
  'another digest': claim({ digest: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }),
  'a digest in hexadecimal': {
    claims: (good) => ({ ...good, digest: Buffer.from(String(good['digest']), 'base64url').toString('hex') }),
  },
  'a time that is to come': { claims: (good) => ({ ...good, iat: seconds(3_600) }) },
  'a time before the message': { claims: (good) => ({ ...good, iat: seconds(-86_400) }) },
  'a time in milliseconds': { claims: (good) => ({ ...good, iat: Date.now() }) },
  'a time as text': { claims: (good) => ({ ...good, iat: String(seconds(0)) }) },
  'a verdict that there is not': claim({ verdict: 'yes' }),
  'no issuer': without('iss'),
  'no audience': without('aud'),
  'no time': without('iat'),
  'no message': without('message'),
  'no digest': without('digest'),
  'no verdict': without('verdict'),
};

/** What is false about its signature. */
export async function falseSignatures(site: SiteKey): Promise<Record<string, Falsehood>> {
  const { privateKey: foreign } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const { privateKey: elliptic } = await generateKeyPair('ES256');
  const publicAsSecret = new TextEncoder().encode(JSON.stringify(site.jwk).padEnd(64));
  const { kid: _, ...ownKey } = await exportJWK(generateKeyPairSync('ed25519').publicKey);
  return {
    "a stranger's key": { key: foreign },
    "a stranger's key in its header": { key: foreign, header: { jwk: ownKey } },
    'no algorithm': { header: { alg: 'none' } },
    'a shared secret': { header: { alg: 'HS256' }, key: publicAsSecret },
    'another curve': { header: { alg: 'ES256' }, key: elliptic },
    "a message's type": { header: { typ: 'party-message+jwt' } },
    'no type': { header: { typ: undefined } },
    "another key's id": { header: { kid: 'not-mine' } },
    'one changed letter': { text: (good) => good.replace(/\.(.)/, (_dot, letter) => `.${letter === 'e' ? 'f' : 'e'}`) },
    'half of it': { text: (good) => good.slice(0, good.length / 2) },
    nothing: { text: () => '' },
    JSON: { text: (good) => JSON.stringify({ receipt: good }) },
  };
}

/** What is false about the answer that carries it. */
export const FALSE_ANSWERS: Record<string, Falsehood> = {
  'status 201': { status: 201 },
  'status 204': { status: 204, text: () => '' },
  'status 400': { status: 400 },
  'status 404': { status: 404 },
  'status 500': { status: 500 },
  'a redirect': { status: 308, headers: { location: 'http://127.0.0.1:1/', 'content-type': 'application/jose' } },
  'JSON as its type': { headers: { 'content-type': 'application/json' } },
  'no type': { headers: {} },
  compressed: {
    headers: { 'content-type': 'application/jose', 'content-encoding': 'gzip' },
    text: (good) => gzipSync(good).toString('latin1'),
  },
  'more than 512 KiB': { text: (good) => good + 'A'.repeat(512 * 1024) },
};
