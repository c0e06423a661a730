import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey } from 'jose';
import { CHECK_ALGORITHM } from '../../domain/echeck.ts';
import type { PrivateSigningKey } from '../../platform/key-files.ts';

/** A new Ed25519 key pair as a private JWK; its id begins with the time it was made. */
export async function generateSigningKey(): Promise<PrivateSigningKey> {
  const { privateKey } = await generateKeyPair(CHECK_ALGORITHM, { crv: 'Ed25519', extractable: true });
  const { x, d } = await exportJWK(privateKey);
  if (x === undefined || d === undefined) throw new Error('an Ed25519 key pair has x and d');
  const time = new Date().toISOString().replace(/[-:.]/g, '');
  return { kty: 'OKP', crv: 'Ed25519', kid: `echeck-${time}-${randomBytes(4).toString('hex')}`, x, d };
}

/** Imports a public or private Ed25519 JWK. */
export async function toCryptoKey(jwk: { kty: string; crv: string; x: string; d?: string }): Promise<CryptoKey> {
  const key = await importJWK(jwk, CHECK_ALGORITHM);
  if (key instanceof Uint8Array) throw new TypeError('an Ed25519 key is an asymmetric key');
  return key;
}
