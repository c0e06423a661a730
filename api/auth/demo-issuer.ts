import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import { textOf } from '../../domain/faults.ts';
import { localIssuer, type TokenIssuer } from './issuers.ts';
import type { Party } from './tokens.ts';

const DEMO_ISSUER = 'countersign-embedded';
const DEMO_AUDIENCE = 'countersign';

/** The demo parties of the embedded mode, who get their tokens from GET /dev/tokens. */
export const DEMO_PARTIES: readonly Party[] = [
  { id: 'buyer-ada', role: 'buyer', terminalId: 'terminal-ada' },
  { id: 'buyer-bob', role: 'buyer', terminalId: 'terminal-bob' },
  { id: 'seller-mill', role: 'seller' },
  { id: 'seller-forge', role: 'seller' },
  { id: 'distributor-swift', role: 'distributor' },
  { id: 'operator-olga', role: 'operator' },
];

/** A token issuer of our own, for the embedded mode only: there is nobody else to issue one. */
export interface DemoIssuer extends TokenIssuer {
  issue(party: Party, lifetime?: string): Promise<string>;
}

/** Opens the embedded mode's issuer; its key is made once and kept in `keyFolder`, so that tokens outlive a restart. */
export async function openDemoIssuer(keyFolder: string): Promise<DemoIssuer> {
  const jwk = (await readKey(keyFolder)) ?? (await makeKey(keyFolder));
  const key = await signingKey(jwk);
  const { d: _secret, ...publicJwk } = jwk;
  return {
    ...localIssuer({ keys: [publicJwk] }, DEMO_ISSUER, DEMO_AUDIENCE),
    issue: (party, lifetime = '30 days') => sign(key, party, lifetime),
  };
}

function sign(key: CryptoKey, party: Party, lifetime: string): Promise<string> {
  return new SignJWT({ role: party.role, ...(party.terminalId ? { terminal: party.terminalId } : {}) })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
    .setIssuer(DEMO_ISSUER)
    .setAudience(DEMO_AUDIENCE)
    .setSubject(party.id)
    .setIssuedAt()
    .setExpirationTime(lifetime)
    .sign(key);
}

const FILE = 'tokens.jwk.json';

async function readKey(folder: string): Promise<JWK | undefined> {
  try {
    return parseJwk(await readFile(join(folder, FILE), 'utf8'));
  } catch (error) {
    if (textOf(error, 'code') === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written beside and renamed, so that nobody ever reads half a key. */
async function makeKey(folder: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), alg: 'EdDSA', use: 'sig' };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.${randomUUID()}.tmp`);
  await writeFile(draft, JSON.stringify(jwk), { mode: 0o600 });
  await rename(draft, join(folder, FILE));
  return jwk;
}

async function signingKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, 'EdDSA');
  if (key instanceof Uint8Array) throw new Error(`${FILE} must hold an Ed25519 key`);
  return key;
}

function parseJwk(text: string): JWK {
  return JSON.parse(text) as JWK;
}
