import { readFileSync } from 'node:fs';
import type { MigrationObject } from '@mikro-orm/core';
import { Migration, Migrator } from '@mikro-orm/migrations';
import { MikroORM, type Options } from '@mikro-orm/postgresql';

export interface SiteDatabase {
  /** `postgres://…`: its own database, under its own login. */
  readonly url: string;
  /** Under which its connections show at the server. */
  readonly name: string;
  readonly entities: NonNullable<Options['entities']>;
  readonly migrations: MigrationObject[];
}

/** Connects to a party's own database and brings it to the newest schema. Bind values are never logged: addresses are among them. */
export async function openSiteDatabase({ url, name, entities, migrations }: SiteDatabase): Promise<MikroORM> {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities,
    extensions: [Migrator],
    migrations: { migrationsList: migrations, snapshot: false },
    pool: { min: 0, max: 10 },
    driverOptions: { application_name: name, connectionTimeoutMillis: 10_000 },
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

/** A migration that is a file of SQL beside the list that names it. `folder`: the list's `import.meta.url`. */
export function migrationFromSql(name: string, folder: string): MigrationObject {
  const sql = readFileSync(new URL(`./${name}.sql`, folder), 'utf8');
  return {
    name,
    class: class extends Migration {
      override up(): void {
        this.addSql(sql);
      }
    },
  };
}
