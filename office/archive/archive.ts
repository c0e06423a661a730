import { setTimeout as sleep } from 'node:timers/promises';
import { databaseFailure } from '../../domain/faults.ts';
import type { Orm } from '../../platform/orm.ts';

/** What one batch moved into the archive. */
export interface Archived {
  /** Orders whose events and entries moved. */
  readonly orders: number;
  readonly events: number;
  /** Those of these orders, or of movements without an order: deposits, withdrawals, payouts. */
  readonly entries: number;
}

const ORDERS_A_BATCH = 500;
/** Readers and writers of the live tables come first: between the attempts to lock them everybody else has a turn. */
const ATTEMPTS = 60;
const PAUSE_MS = 500;

/**
 * Moves the events and entries of orders that ended before `before`, of which nothing is younger, into the archive's tables of
 * their months, batch by batch: each a transaction of its own, so that it may be stopped at any time and goes on from there.
 * Whoever reads orders, accounts or streams sees no difference. Throws when a table of a month cannot be made because the
 * live table is in use without a pause for half a minute.
 */
export async function* archiveBefore(orm: Orm, before: Date): AsyncGenerator<Archived> {
  await makeMonths(orm, before);
  for (;;) {
    const moved = await archiveBatch(orm, before);
    if (moved.orders + moved.events + moved.entries === 0) return;
    yield moved;
  }
}

/** Raw, as the next ones: both are functions of the database, which alone may write there. */
async function makeMonths(orm: Orm, before: Date): Promise<void> {
  while ((await makeMonth(orm, before)) > 0);
}

/** One table a transaction: the live table is locked until it ends. Returns how many it made. */
async function makeMonth(orm: Orm, before: Date): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const [row] = await orm.em.fork().execute<{ made: number }[]>('select archive_months(?) as made', [before]);
      return row?.made ?? 0;
    } catch (error) {
      if (attempt >= ATTEMPTS || databaseFailure(error)?.fault !== 'DatabaseLocked') throw error;
      await sleep(PAUSE_MS);
    }
  }
}

async function archiveBatch(orm: Orm, before: Date): Promise<Archived> {
  const [moved] = await orm.em
    .fork()
    .execute<Archived[]>('select orders, events, entries from archive_batch(?, ?)', [before, ORDERS_A_BATCH]);
  if (!moved) throw new Error('a function has one row');
  return moved;
}
