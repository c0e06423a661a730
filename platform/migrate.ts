import { Client } from 'pg';
import { migrations } from '../migrations/index.ts';
import { codeOf, shortMessageOf } from './error-facts.ts';
import { ensureApplicationRole, type Owner } from './logins/make-login.ts';
import { connectOrm, type Orm } from './orm.ts';
import { KEEP_ALIVE, startupOptions } from './session.ts';
import { SettingsError } from './settings.ts';

const APPLICATION = 'countersign-migrate';
const INSUFFICIENT_PRIVILEGE = '42501';
/** Any fixed number will do: it keeps two starting processes from migrating one database at once. */
const MIGRATION_LOCK = 7_220_107;
/** Whoever waits for another process's migrations waits as long as they take. */
const WAITING = `${startupOptions('migration')} -c lock_timeout=0`;

/**
 * Brings the database at `url` to the newest schema, as the URL's own login, and returns the names of the migrations that
 * it ran. Safe to call from several processes at once: one migrates, the others wait and find nothing to do. `setting` is the
 * one that names the login, for messages.
 */
export async function migrate(url: string, setting: Owner['setting'] = 'DATABASE_URL'): Promise<string[]> {
  const guard = new Client({ connectionString: url, application_name: APPLICATION, options: WAITING, ...KEEP_ALIVE });
  await guard.connect();
  try {
    await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return await runPending({ url, setting });
  } finally {
    // The lock belongs to the session, so that ending it is the release, also after a crash.
    await guard.end();
  }
}

async function runPending(owner: Owner): Promise<string[]> {
  // The caller says what ran, in its own words.
  const options = { purpose: 'migration', applicationName: APPLICATION, logger: () => {} } as const;
  const orm = await connectOrm({ url: owner.url, poolMax: 2, ...options });
  try {
    if ((await missingMigrations(orm)).length === 0) return [];
    // The migrations grant it its rights, each those on what it makes.
    await ensureApplicationRole(owner);
    const ran = await orm.migrator.up().catch((error: unknown) => {
      if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
      const advice = 'set DATABASE_OWNER_URL to the owner of the database';
      throw new SettingsError(`${owner.setting}: its login may not migrate (${shortMessageOf(error)}): ${advice}`);
    });
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
