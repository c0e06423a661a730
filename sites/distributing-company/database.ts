import { MikroORM } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import { entities } from './entities/index.ts';
import { migrations } from './migrations/index.ts';

export type Orm = MikroORM;

/**
 * Connects to the company's own database and brings it to the newest schema. Bind values are never logged: they may be
 * addresses.
 */
export async function openDatabase(url: string): Promise<Orm> {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities,
    extensions: [Migrator],
    migrations: { migrationsList: migrations, snapshot: false },
    pool: { min: 0, max: 10 },
    driverOptions: { application_name: 'distributing-company', connectionTimeoutMillis: 10_000 },
    logger: () => {},
    ensureDatabase: false,
    forceUtcTimezone: true,
  });
  try {
    await orm.migrator.up();
  } catch (error) {
    await orm.close();
    throw error;
  }
  return orm;
}
