import { setTimeout as sleep } from 'node:timers/promises';
import { LockMode, type EntityManager, type TransactionOptions } from '@mikro-orm/postgresql';
import { isConflict } from '../domain/faults.ts';
import type { Orm } from '../platform/orm.ts';

const ATTEMPTS = 4;
const PAUSE_MS = 20;

/** Reads a row to change it: locked until the end of the transaction, and as it is once the lock is there. */
export const LOCKED = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } as const;

/**
 * Does `work` in one transaction. When PostgreSQL ends it because another one stood in its way (a deadlock, or what it could
 * not serialise), nothing of it has happened, and it is made again a few times: `work` must change nothing but the database.
 */
export async function inTransaction<Result>(
  orm: Orm,
  work: (tx: EntityManager) => Promise<Result>,
  options?: TransactionOptions,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await orm.em.fork().transactional(work, options);
    } catch (error) {
      if (attempt >= ATTEMPTS || !isConflict(error)) throw error;
      // Two that met must not meet again.
      await sleep(PAUSE_MS * attempt * (1 + Math.random()));
    }
  }
}

/**
 * Waits for its turn among all transactions that count the same thing, and keeps it until its own end: whoever counts before it adds
 * sees what the others have added, or several at once would each find the last place free. The count must come in a statement
 * after this one, at the isolation level `read committed`, which every session of ours has.
 */
export async function takeTurn(tx: EntityManager, what: string): Promise<void> {
  await tx.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [what]);
}
