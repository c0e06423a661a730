import { Client } from 'pg';
import { migrations } from '../migrations/index.ts';
import { connectOrm, type Orm } from './orm.ts';
import { KEEP_ALIVE, startupOptions } from './session.ts';

const APPLICATION = 'countersign-migrate';
/** Any fixed number will do: it keeps two starting processes from migrating one database at once. */
const MIGRATION_LOCK = 7_220_107;
/** Whoever waits for another process's migrations waits as long as they take. */
const WAITING = `${startupOptions('migration')} -c lock_timeout=0`;

/**
 * Brings the database at `url` to the newest schema, as the URL's own user, and returns the names of the migrations that
 * it ran. Safe to call from several processes at once: one migrates, the others wait and find nothing to do.
 */
export async function migrate(url: string): Promise<string[]> {
  const guard = new Client({ connectionString: url, application_name: APPLICATION, options: WAITING, ...KEEP_ALIVE });
  await guard.connect();
  try {
    await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return await runPending(url);
  } finally {
    // The lock belongs to the session, so that ending it is the release, also after a crash.
    await guard.end();
  }
}

async function runPending(url: string): Promise<string[]> {
  // The caller says what ran, in its own words.
  const owner = { role: 'owner', purpose: 'migration', applicationName: APPLICATION } as const;
  const orm = await connectOrm({ url, poolMax: 2, ...owner, logger: () => {} });
  try {
    const ran = await orm.migrator.up();
    return ran.map((migration) => migration.name);
  } finally {
    await orm.close();
  }
}

/** The names of the migrations that this code needs and the database lacks. Throws when the database does not answer. */
export async function missingMigrations(orm: Orm): Promise<string[]> {
  const [register] = await orm.em
    .fork()
    .execute<{ known: boolean }[]>(`select to_regclass('schema_migrations') is not null as known`);
  if (!register?.known) return migrations.map(({ name }) => name);
  const rows = await orm.em.fork().execute<{ name: string }[]>('select name from schema_migrations');
  const applied = new Set(rows.map(({ name }) => name));
  return migrations.map(({ name }) => name).filter((name) => !applied.has(name));
}
