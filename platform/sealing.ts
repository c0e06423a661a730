import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { LRUCache } from 'lru-cache';
import { isCanonicalBase64url } from './base64url.ts';
import type { Orm } from './orm.ts';
import { randomBytes, randomUUID } from 'node:crypto';
import { DataKey } from '../entities/data-key.entity.ts';
import { kyselyOf } from '../entities/database.ts';
import { KeysUnavailable, type MasterKey } from './key-files.ts';

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

/** The key that seals one party's data, opened. */
export interface OpenDataKey {
  readonly kid: string;
  readonly key: Uint8Array;
}

/** The parties' data keys as they rest in the database: wrapped by the master key, one a party. */
export interface DataKeys {
  /** The party's key; made when it has none. Two processes that ask at once get the same key. */
  ofParty(partyId: string): Promise<OpenDataKey>;
  /** The key of that id; `undefined` when it is not there (any more). */
  byKid(kid: string): Promise<OpenDataKey | undefined>;
  /** Deletes the party's key; true when there was one. */
  remove(partyId: string): Promise<boolean>;
}

/** The master key, or how to ask for the one of this moment. */
export type MasterKeyGiver = MasterKey | (() => Promise<MasterKey>);

/** Keeps data keys in table `data_keys`. The first master key wraps, every one of them unwraps. */
function createDataKeys({ orm, masterKey }: { orm: Orm; masterKey: MasterKeyGiver }): DataKeys {
  const current = async (): Promise<MasterKey> => (typeof masterKey === 'function' ? masterKey() : masterKey);
  const open = async (row: DataKey | null): Promise<OpenDataKey | undefined> =>
    row ? { kid: row.kid, key: await unwrapDataKey(row.wrappedKey, await current()) } : undefined;
  const find = (where: { kid: string } | { partyId: string }): Promise<DataKey | null> =>
    orm.em.fork().findOne(DataKey, where);
  const make = async (partyId: string): Promise<void> => {
    const row = {
      kid: `data-${randomUUID()}`,
      partyId,
      wrappedKey: await wrapDataKey(randomBytes(32), await current()),
    };
    const inserting = kyselyOf(orm.em.fork()).insertInto('DataKey').values(row);
    await inserting.onConflict((conflict) => conflict.column('partyId').doNothing()).execute();
  };

  return {
    async ofParty(partyId) {
      const existing = await find({ partyId });
      if (!existing) await make(partyId);
      const key = await open(existing ?? (await find({ partyId })));
      if (!key) throw new Error('the data key was deleted while it was made: try again');
      return key;
    },
    byKid: async (kid) => open(await find({ kid })),
    remove: (partyId) => deleteDataKey(orm, partyId),
  };
}

/** Is anything sealed under a master key yet? Then a lost master key must be put back, never replaced by a new one. */
export async function hasDataKeys(orm: Orm): Promise<boolean> {
  return (await orm.em.fork().findAll(DataKey, { fields: ['kid'], limit: 1 })).length > 0;
}

/** Deletes a party's key permanently; true when there was one. */
export async function deleteDataKey(orm: Orm, partyId: string): Promise<boolean> {
  return (await orm.em.fork().nativeDelete(DataKey, { partyId })) > 0;
}

/** Wraps a data key by the first master key: a compact JWE (A256GCMKW) that names it. */
export function wrapDataKey(key: Uint8Array, [current]: MasterKey): Promise<string> {
  return new CompactEncrypt(key)
    .setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', kid: current.kid })
    .encrypt(current.key);
}

/** The id of the master key that a data key is wrapped by. */
export function wrappedBy(wrapped: string): string | undefined {
  return decodeProtectedHeader(wrapped).kid;
}

/** Opens a data key by whichever master key wraps it. Throws `KeysUnavailable` when that one is not there. */
export async function unwrapDataKey(wrapped: string, masterKey: MasterKey): Promise<Uint8Array> {
  const kid = wrappedBy(wrapped);
  const wrapping = masterKey.find((candidate) => candidate.kid === kid);
  if (!wrapping) {
    throw new KeysUnavailable(`data keys are wrapped by the master key ${kid}, which MASTER_KEY_FILE does not hold`);
  }
  try {
    const { plaintext } = await compactDecrypt(wrapped, wrapping.key, {
      keyManagementAlgorithms: ['A256GCMKW'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return plaintext;
  } catch (cause) {
    throw new KeysUnavailable(`MASTER_KEY_FILE holds another key under the id ${kid}: put the former one back`, {
      cause,
    });
  }
}
