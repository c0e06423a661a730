import { DataKey } from '../entities/data-key.entity.ts';
import type { MasterKey } from './key-files.ts';
import type { Orm } from './orm.ts';
import { unwrapDataKey, wrapDataKey, wrappedBy } from './sealing.ts';

/** So many rows are read, and written in one statement, at a time. */
const BATCH = 500;

/** What became of the data keys. */
export interface Rewrapped {
  /** Wrapped anew by the first master key. */
  readonly rewrapped: number;
  /** Wrapped by it already. */
  readonly already: number;
}

/**
 * Wraps every data key by the first master key, so that the former ones may go. What is sealed stays as it is. In batches, beside
 * running processes, and repeatable: one that is interrupted goes on where it was. Who is forgotten meanwhile stays forgotten.
 * Throws `KeysUnavailable` when a data key is wrapped by a master key that is not there.
 */
export async function rewrapDataKeys(orm: Orm, masterKey: MasterKey): Promise<Rewrapped> {
  const [{ kid: current }] = masterKey;
  let rewrapped = 0;
  let already = 0;
  for (let after: string | undefined = ''; after !== undefined;) {
    const rows: DataKey[] = await orm.em
      .fork()
      .find(DataKey, { kid: { $gt: after } }, { orderBy: { kid: 'asc' }, limit: BATCH });
    const former = rows.filter(({ wrappedKey }) => wrappedBy(wrappedKey) !== current);
    rewrapped += await replace(orm, former, masterKey);
    already += rows.length - former.length;
    after = rows.at(-1)?.kid;
  }
  return { rewrapped, already };
}

/** Only what is still as it was read: another process may rewrap, too. */
async function replace(orm: Orm, former: readonly DataKey[], masterKey: MasterKey): Promise<number> {
  if (former.length === 0) return 0;
  const wrapped = await Promise.all(
    former.map(async ({ wrappedKey }) => wrapDataKey(await unwrapDataKey(wrappedKey, masterKey), masterKey)),
  );
  const rows = await orm.em.fork().execute<{ kid: string }[]>(
    `update data_keys set wrapped_key = given.wrapped
     from unnest(?::text[], ?::text[], ?::text[]) as given (kid, former, wrapped)
     where data_keys.kid = given.kid and data_keys.wrapped_key = given.former
     returning data_keys.kid`,
    [former.map(({ kid }) => kid), former.map(({ wrappedKey }) => wrappedKey), wrapped].map(arrayOf),
  );
  return rows.length;
}

/** PostgreSQL's own form of a list: neither ids nor compact JWEs have a character in them that it would mistake. */
function arrayOf(texts: readonly string[]): string {
  return `{${texts.join(',')}}`;
}
