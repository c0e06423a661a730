import { createHash } from 'node:crypto';
import {
  calculateJwkThumbprint,
  CompactSign,
  exportJWK,
  generateKeyPair,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';

/* What a party's own server signs: receipts and instructions, true ones and, for tests, false ones. */

/** A message whose signature and claims hold. */
export interface MessageClaims extends JWTPayload {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly jti: string;
  readonly iat: number;
  readonly kind: string;
  readonly from: string;
  // Tests read what the contract promises; a wrong shape fails where it is read.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface SiteKey {
  readonly privateKey: CryptoKey | Uint8Array;
  readonly kid: string;
  /** The public key as its JWKS shows it. */
  readonly jwk: JWK;
}

export async function newSiteKey(): Promise<SiteKey> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, kid, jwk: { ...jwk, kid, use: 'sig', alg: 'EdDSA' } };
}

export type Claims = Record<string, unknown>;

/** How a signed text differs from a true one. */
export interface Lie {
  readonly claims?: (good: Claims) => Claims;
  readonly header?: Record<string, unknown>;
  /** Another key than the site's own, under its own key's id. */
  readonly key?: CryptoKey | Uint8Array;
  /** The compact text, changed after it was signed. */
  readonly text?: (good: string) => string;
}

/** A compact JWS of these claims, changed by `lie`. `alg` `none` has no signature. */
export async function sign(typ: string, claims: Claims, key: SiteKey, lie: Lie = {}): Promise<string> {
  const header = { alg: 'EdDSA', typ, kid: key.kid, ...lie.header };
  const payload = new TextEncoder().encode(JSON.stringify(lie.claims?.(claims) ?? claims));
  const { text = (good: string) => good } = lie;
  if (header.alg === 'none') return text(`${encoded(JSON.stringify(header))}.${encoded(payload)}.`);
  return text(await new CompactSign(payload).setProtectedHeader(header).sign(lie.key ?? key.privateKey));
}

export interface Verdict {
  readonly verdict: string;
  readonly body?: Claims;
}

/** The receipt of that message: who had it, when, exactly what, and what it says to it. */
export function receiptOf(
  { claims, text }: { claims: MessageClaims; text: string },
  { verdict, body = {} }: Verdict,
  key: SiteKey,
  lie?: Lie,
): Promise<string> {
  const receipt = {
    iss: claims.aud,
    aud: claims.iss,
    iat: Math.floor(Date.now() / 1000),
    message: claims.jti,
    digest: createHash('sha256').update(text).digest('base64url'),
    verdict,
    body,
  };
  return sign('party-receipt+jwt', receipt, key, lie);
}

/** The seller's word to the distributor: what goes where (claims 9, 11). */
export function instructionFor(claims: MessageClaims, key: SiteKey, lie?: Lie): Promise<string> {
  const { echeck, lines, deliverTo } = claims.body;
  const instruction = {
    iss: claims.aud,
    aud: payloadOf(echeck)['distributor'],
    sub: claims.sub,
    iat: Math.floor(Date.now() / 1000),
    lines: lines.map(({ sku, quantity }: { sku: string; quantity: number }) => ({
      sku,
      quantity,
      weightGrams: WEIGHTS_GRAMS.get(sku),
    })),
    deliverTo,
  };
  return sign('instruction+jwt', instruction, key, lie);
}

/** What the doubles' sellers sell: by SKU, grams a piece. */
export const WEIGHTS_GRAMS: ReadonlyMap<string, number> = new Map([
  ['linen-1m', 300],
  ['wool-1kg', 1_000],
]);

/** What a compact JWS says, unverified. */
export function payloadOf(jws: string): Claims {
  return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as Claims;
}

function encoded(value: string | Uint8Array): string {
  return Buffer.from(value).toString('base64url');
}
