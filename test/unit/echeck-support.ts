import { CompactSign, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import type { CheckClaims } from '../../domain/echeck.ts';
import { checkNumberOf, type OrderId } from '../../domain/ids.ts';
import { payloadOf } from '../../office/checks/jws.ts';

export const ISSUER = 'countersign';
export const STATUS_URI = 'urn:countersign:echeck-status';
export const KID = 'key-1';
export const NOW = Date.parse('2026-11-01T12:00:00Z');
export const IDX = 7;

const ORDER = 'order-00000000000000000000000001' as OrderId;

export const claims: CheckClaims = {
  number: checkNumberOf(ORDER),
  orderId: ORDER,
  terminal: { buyerId: 'buyer-ada', terminalId: 'terminal-7' },
  sellerId: 'seller-mill',
  distributorId: 'distributor-swift',
  charge: { amount: 1890, currency: 'EUR' },
  orderDigest: 'A'.repeat(43),
  issuedAt: '2026-11-01T11:59:00.000Z',
  expiresAt: '2026-11-01T13:00:00.000Z',
};
export const payload = payloadOf(claims, IDX, { issuer: ISSUER, statusListUri: STATUS_URI });

export interface TestKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function newKey(): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { privateKey, publicKey, jwk: await exportJWK(publicKey) };
}

/** Signs anything with any header: what an attacker who holds a key, or a careless issuer, could make. */
export function sign(key: CryptoKey, body: unknown = payload, header: Record<string, unknown> = {}): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(body)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'echeck+jwt', kid: KID, ...header })
    .sign(key, { crit: { exp: true, 'urn:unknown': true, b64: true } });
}

export function encoded(json: unknown): string {
  return Buffer.from(JSON.stringify(json)).toString('base64url');
}
