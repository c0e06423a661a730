import type { Pool, PoolClient } from 'pg';

/**
 * Lets a pool end while one of its connections is still being opened. The driver has let go of the pool by then and never
 * gives that connection back (Kysely's `PostgresDriver`), and the pool waits for it without end: here it is given back at
 * once, and whoever asked for it is told.
 */
export function letPoolEnd(pool: Pool): void {
  const connect = pool.connect.bind(pool);
  const connectUnlessEnding = async (): Promise<PoolClient> => {
    const client = await connect();
    if (!pool.ending) return client;
    client.release();
    throw new Error('Cannot use a pool after calling end on the pool');
  };
  Object.defineProperty(pool, 'connect', {
    value: (callback?: Parameters<typeof connect>[0]) => (callback ? connect(callback) : connectUnlessEnding()),
  });
}
