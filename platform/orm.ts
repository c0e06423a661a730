import { MikroORM } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import { entities } from '../entities/index.ts';
import { migrations } from '../migrations/index.ts';

export type Orm = MikroORM;

/** Connects to PostgreSQL. Never logs bind values: they may be sealed addresses or checks. */
export async function connectOrm(options: { url: string; poolMax?: number; applicationName?: string }): Promise<Orm> {
  return MikroORM.init({
    clientUrl: options.url,
    entities,
    extensions: [Migrator],
    pool: { min: 0, max: options.poolMax ?? 10 },
    migrations: { migrationsList: migrations, snapshot: false, tableName: 'schema_migrations' },
    driverOptions: { application_name: options.applicationName ?? 'countersign' },
    forceUtcTimezone: true,
    ignoreUndefinedInQuery: true,
  });
}
