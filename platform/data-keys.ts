import { randomBytes, randomUUID } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { DataKey } from '../entities/data-key.entity.ts';
import { kyselyOf } from '../entities/database.ts';
import type { Orm } from './orm.ts';
import { KeysUnavailable, type MasterKey } from './key-files.ts';

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
export function createDataKeys({ orm, masterKey }: { orm: Orm; masterKey: MasterKeyGiver }): DataKeys {
  const current = async (): Promise<MasterKey> => (typeof masterKey === 'function' ? masterKey() : masterKey);
  const open = async (row: DataKey | null): Promise<OpenDataKey | undefined> =>
    row ? { kid: row.kid, key: await unwrap(row.wrappedKey, await current()) } : undefined;
  const find = (where: { kid: string } | { partyId: string }): Promise<DataKey | null> =>
    orm.em.fork().findOne(DataKey, where);
  const make = async (partyId: string): Promise<void> => {
    const row = { kid: `data-${randomUUID()}`, partyId, wrappedKey: await wrap(randomBytes(32), await current()) };
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

function wrap(key: Uint8Array, [current]: MasterKey): Promise<string> {
  return new CompactEncrypt(key)
    .setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', kid: current.kid })
    .encrypt(current.key);
}

async function unwrap(wrapped: string, masterKey: MasterKey): Promise<Uint8Array> {
  const { kid } = decodeProtectedHeader(wrapped);
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
