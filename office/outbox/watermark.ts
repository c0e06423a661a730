import type { EntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../../platform/orm.ts';

/** What one reading of the watermark found. */
export interface OutboxRead {
  /** Up to this id every event is committed, or will never be. Absent until the first bound is settled. */
  readonly settled: bigint | undefined;
  /** The greatest id that is committed. */
  readonly newest: bigint;
}

/**
 * The watermark of the outbox: up to which id it may be read, without waiting for anybody but the writers of events. A bound is
 * the greatest committed id at one moment: all ids below it were given out before. Their writers held the writers' lock when they
 * took them, so once nobody who holds it at that moment holds it any more, nothing can appear below the bound. Later writers do
 * not matter to it: with constant traffic each bound waits for its own few milliseconds only.
 */
export interface Watermark {
  read(): Promise<OutboxRead>;
  /** Since when a committed event waits for a transaction that was open beside it; absent when none does. */
  readonly waitingSince: Date | undefined;
}

interface Bound {
  readonly upTo: bigint;
  readonly writers: readonly string[];
  readonly since: Date;
}

export function createWatermark(orm: Orm): Watermark {
  let settled: bigint | undefined;
  let pending: Bound | undefined;

  const take = ({ newest, writers }: Writing): void => {
    // The database was put back to an earlier state: what was known of it is void.
    if (settled !== undefined && newest < settled) [settled, pending] = [undefined, undefined];
    if (pending && stillWriting(pending.writers, writers).length === 0) [settled, pending] = [pending.upTo, undefined];
    if (settled === newest) pending = undefined;
    else if (writers.length === 0) [settled, pending] = [newest, undefined];
    else pending ??= { upTo: newest, writers, since: new Date() };
  };

  return {
    async read() {
      const writing = await readWriting(orm.em.fork());
      take(writing);
      return { settled, newest: writing.newest };
    },
    get waitingSince() {
      return pending?.since;
    },
  };
}

interface Writing {
  readonly newest: bigint;
  /** The transactions that may have given out ids that are not committed yet. */
  readonly writers: readonly string[];
}

/** A transaction that is prepared for a two-phase commit keeps its locks under another name than it had. */
const PREPARED = 'prepared';

function stillWriting(before: readonly string[], now: readonly string[]): readonly string[] {
  return now.filter((writer) => writer === PREPARED || before.includes(writer));
}

/**
 * One statement, so that `newest` is of its snapshot and the locks are read after that snapshot was taken: whoever is neither
 * visible nor among the writers ended in between, and shows in every later statement. Needs the primary: a standby does not know
 * the locks. The sequence must not hand out ids in batches (`cache 1`).
 */
const WRITING = `
  select (select coalesce(max(id), 0) from order_events)::text as newest,
    array(select case when pid is null then '${PREPARED}' else virtualtransaction end from pg_locks
      where locktype = 'advisory' and granted and classid = 0 and objid = 7220111 and objsubid = 1
        and database = (select oid from pg_database where datname = current_database())) as writers`;

async function readWriting(em: EntityManager): Promise<Writing> {
  const [row] = await em.execute<{ newest: string; writers: string[] }[]>(WRITING);
  if (!row) throw new Error('a query without a table has one row');
  return { newest: BigInt(row.newest), writers: row.writers };
}
