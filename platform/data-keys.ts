import { randomBytes, randomUUID } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
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

interface DataKeyRow {
  kid: string;
  wrapped_key: string;
}

/** The master key, or how to ask for the one of this moment. */
export type MasterKeyGiver = MasterKey | (() => Promise<MasterKey>);

/** Keeps data keys in table `data_keys`. The first master key wraps, every one of them unwraps. */
export function createDataKeys({ orm, masterKey }: { orm: Orm; masterKey: MasterKeyGiver }): DataKeys {
  const current = async (): Promise<MasterKey> => (typeof masterKey === 'function' ? masterKey() : masterKey);
  const query = (sql: string, params: string[]): Promise<DataKeyRow[]> =>
    orm.em.fork().execute<DataKeyRow[]>(sql, params);
  const open = async (row: DataKeyRow | undefined): Promise<OpenDataKey | undefined> =>
    row && { kid: row.kid, key: await unwrap(row.wrapped_key, await current()) };

  return {
    async ofParty(partyId) {
      const select = 'select kid, wrapped_key from data_keys where party_id = ?';
      const [existing] = await query(select, [partyId]);
      if (!existing) {
        const wrapped = await wrap(randomBytes(32), await current());
        await query(
          'insert into data_keys (kid, party_id, wrapped_key) values (?, ?, ?) on conflict (party_id) do nothing',
          [`data-${randomUUID()}`, partyId, wrapped],
        );
      }
      const key = await open(existing ?? (await query(select, [partyId]))[0]);
      if (!key) throw new Error('the data key was deleted while it was made: try again');
      return key;
    },
    async byKid(kid) {
      return open((await query('select kid, wrapped_key from data_keys where kid = ?', [kid]))[0]);
    },
    remove: (partyId) => deleteDataKey(orm, partyId),
  };
}

/** Is anything sealed under a master key yet? Then a lost master key must be put back, never replaced by a new one. */
export async function hasDataKeys(orm: Orm): Promise<boolean> {
  return (await orm.em.fork().execute<unknown[]>('select 1 from data_keys limit 1')).length > 0;
}

/** Deletes a party's key permanently; true when there was one. */
export async function deleteDataKey(orm: Orm, partyId: string): Promise<boolean> {
  const sql = 'delete from data_keys where party_id = ? returning kid';
  const gone = await orm.em.fork().execute<unknown[]>(sql, [partyId]);
  return gone.length > 0;
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
