import { Client } from 'pg';
import { until } from './until.ts';

/**
 * Lets a transaction of the owner's run `statements`, starts `act`, waits until that many of its sessions wait for the locks
 * taken, and commits: they have then truly been at the same place at once. Returns what `act` comes to.
 */
export async function whileHolding<T>(
  { url, statements, waiters }: { url: string; statements: readonly string[]; waiters: number },
  act: () => Promise<T>,
): Promise<T> {
  const owner = new Client({ connectionString: url });
  await owner.connect();
  try {
    await owner.query('begin');
    for (const statement of statements) await owner.query(statement);
    const acting = act();
    await untilBlocked(owner, waiters);
    await owner.query('commit');
    return await acting;
  } finally {
    await owner.end();
  }
}

async function untilBlocked(owner: Client, count: number): Promise<void> {
  await until(
    async () => {
      // Within a transaction PostgreSQL shows the same activity again unless asked to look again.
      await owner.query('select pg_stat_clear_snapshot()');
      const { rows } = await owner.query<{ blocked: number }>(
        `select count(*)::int as blocked from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows[0]?.blocked ?? 0;
    },
    (blocked) => blocked >= count,
    { what: `${count} sessions that wait for a lock`, pauseMs: 10 },
  );
}
