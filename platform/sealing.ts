import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { LRUCache } from 'lru-cache';
import { isCanonicalBase64url } from './base64url.ts';
import { createDataKeys, type DataKeys, type MasterKeyGiver, type OpenDataKey } from './data-keys.ts';
import type { Orm } from './orm.ts';

/**
 * Seals personal data field by field, so that it travels through workflow histories and rests in the database without
 * being readable there. Whoever forgets a person deletes one key, and everything sealed for that person is gone.
 */
export interface Sealer {
  /** Seals a JSON value for a party: a compact JWE (`dir`, A256GCM) whose `kid` names the party's data key. */
  seal(partyId: string, value: unknown): Promise<string>;
  /**
   * Opens what `seal` made; the caller says which shape it sealed.
   * Throws `ForgottenError` when the party's key was deleted, `UnsealableError` when it is no token of ours or was changed.
   */
  open<T>(jwe: string): Promise<T>;
  /** Deletes the party's key: all that was sealed for it stays closed permanently, here at once, elsewhere within seconds. */
  forget(partyId: string): Promise<boolean>;
}

/** The person whom this sealed value was about has been forgotten. Trying again will not help. */
export class ForgottenError extends Error {
  override readonly name = 'ForgottenError';
}

/** The token was not sealed here, or somebody changed it. Trying again will not help. */
export class UnsealableError extends Error {
  override readonly name = 'UnsealableError';
}

const CACHE_LIMIT = 1000;
/** The cache drops what is older than this: within five seconds nobody opens any more what another process has forgotten. */
const CACHE_TTL_MS = 4_999;

export interface SealerOptions {
  readonly orm: Orm;
  readonly masterKey: MasterKeyGiver;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
}

export function createSealer({ orm, masterKey, now = Date.now }: SealerOptions): Sealer {
  return sealerOver(createDataKeys({ orm, masterKey }), now);
}

function sealerOver(keys: DataKeys, now: () => number): Sealer {
  const byParty = keyCache(now);
  const byKid = keyCache(now);

  async function keyOfParty(partyId: string): Promise<OpenDataKey> {
    const known = byParty.get(partyId);
    if (known) return known;
    const own = await keys.ofParty(partyId);
    byParty.set(partyId, own);
    // Whoever seals an address opens it next, for the answer.
    byKid.set(own.kid, own);
    return own;
  }

  async function keyByKid(kid: string): Promise<OpenDataKey> {
    const known = byKid.get(kid);
    if (known) return known;
    const found = await keys.byKid(kid);
    if (!found) throw new ForgottenError('the key of this sealed value was deleted: the person was forgotten');
    byKid.set(kid, found);
    return found;
  }

  return {
    async seal(partyId, value) {
      const { kid, key } = await keyOfParty(partyId);
      return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(value)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
        .encrypt(key);
    },
    async open<T>(jwe: string) {
      const { key } = await keyByKid(kidOf(jwe));
      return JSON.parse(await decrypt(jwe, key)) as T;
    },
    async forget(partyId) {
      byParty.clear();
      byKid.clear();
      return keys.remove(partyId);
    },
  };
}

function keyCache(now: () => number): LRUCache<string, OpenDataKey> {
  return new LRUCache({ max: CACHE_LIMIT, ttl: CACHE_TTL_MS, ttlResolution: 0, perf: { now } });
}

function kidOf(jwe: string): string {
  try {
    const { alg, enc, kid } = decodeProtectedHeader(jwe);
    const canonical = jwe.split('.').every(isCanonicalBase64url);
    if (canonical && alg === 'dir' && enc === 'A256GCM' && kid?.startsWith('data-')) return kid;
  } catch {
    // Falls through: text that has no JOSE header is as foreign as one with a wrong header.
  }
  throw new UnsealableError('not a value that was sealed here');
}

async function decrypt(jwe: string, key: Uint8Array): Promise<string> {
  try {
    const { plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return new TextDecoder().decode(plaintext);
  } catch (cause) {
    throw new UnsealableError('the sealed value was changed, or sealed by another key', { cause });
  }
}
