import { createHash } from 'node:crypto';
import { compactVerify, exportJWK, type CryptoKey } from 'jose';
import { z } from 'zod';
import { CHECK_ALGORITHM } from '../../domain/echeck.ts';
import type { PartyKey } from '../../domain/party-messages.ts';
import { isCanonicalBase64url } from '../../platform/base64url.ts';
import { isAnybodysKey } from '../checks/index.ts';

/** Finds the public keys that may have made a signature: those of its `kid`, all where it names none. */
export type KeyFinder = (kid: string | undefined) => Promise<readonly CryptoKey[]>;

/** What a party has signed. */
export interface Signed {
  readonly ok: true;
  /** JSON, whatever it says. */
  readonly payload: unknown;
  readonly key: PartyKey;
}

/** Half a sentence that follows what was judged, without anything that a stranger wrote. */
export interface Unsound {
  readonly ok: false;
  readonly detail: string;
}

export function unsound(detail: string): Unsound {
  return { ok: false, detail };
}

const header = z.looseObject({
  alg: z.string(),
  typ: z.string().optional(),
  kid: z.string().max(500).optional(),
  // Also not `b64`, which `jose` knows: a JWT has none (RFC 7797, section 7).
  crit: z.never().optional(),
});

/**
 * Verifies a compact JWS (EdDSA) of one JOSE type. Algorithm and type are pinned, critical extensions refused, a key that the
 * header brings along is never looked at, and no spelling but the canonical one is taken: no byte can change unnoticed.
 */
export async function openSigned(jws: string, typ: string, keyFor: KeyFinder): Promise<Signed | Unsound> {
  const parts = jws.split('.');
  if (parts.length !== 3 || !parts.every((part) => part !== '' && isCanonicalBase64url(part)))
    return unsound('is no compact JWS in canonical base64url');
  const read = header.safeParse(jsonOf(parts[0]));
  if (!read.success) return unsound('has no JOSE header');
  const { alg, kid } = read.data;
  if (alg !== CHECK_ALGORITHM) return unsound(`is not signed with ${CHECK_ALGORITHM}`);
  if (read.data.typ !== typ) return unsound(`is not of the type ${typ}`);
  const keys = await keyFor(kid);
  if (keys.length === 0) return unsound('names no key that its signer publishes');
  const believed = await believable(keys, kid);
  if (believed.length === 0) return unsound('is signed with a key under which anybody can sign');
  for (const { key, publicKey } of believed)
    if (await isSignedWith(jws, key)) return { ok: true, payload: jsonOf(parts[1]), key: publicKey };
  return unsound('has a signature that does not fit');
}

/** The keys that prove somebody, with what is kept of them. */
async function believable(keys: readonly CryptoKey[], kid: string | undefined) {
  const read = await Promise.all(keys.map(async (key) => ({ key, publicKey: await publicKeyOf(key, kid) })));
  return read.filter(({ publicKey }) => !isAnybodysKey(publicKey));
}

async function isSignedWith(jws: string, key: CryptoKey): Promise<boolean> {
  try {
    await compactVerify(jws, key, { algorithms: [CHECK_ALGORITHM] });
    return true;
  } catch {
    return false;
  }
}

/** SHA-256, base64url, of a compact JWS as it is sent. */
export function digestOf(jws: string): string {
  return createHash('sha256').update(jws, 'utf8').digest('base64url');
}

/** What a JWS says whose signature was verified before; `undefined` when it is no JSON. */
export function payloadOf(jws: string): unknown {
  return jsonOf(jws.split('.')[1]);
}

function jsonOf(part: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

async function publicKeyOf(key: CryptoKey, kid: string | undefined): Promise<PartyKey> {
  const { x } = await exportJWK(key);
  if (x === undefined) throw new TypeError('an Ed25519 key has x');
  return { kty: 'OKP', crv: 'Ed25519', x, ...(kid !== undefined && { kid }) };
}
