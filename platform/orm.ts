import { MikroORM } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import type { ClientBase } from 'pg';
import { entities } from '../entities/index.ts';
import { migrations } from '../migrations/index.ts';
import { prepareStatements } from './prepared-statements.ts';

export type Orm = MikroORM;

export interface ConnectOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  readonly poolMax?: number;
  /** What PostgreSQL shows in `pg_stat_activity`. */
  readonly applicationName?: string;
  /**
   * `application` (default): works as `countersign_app`, which cannot write balances or entries. `owner`: as the URL's
   * own user, for migrations and repairs only.
   */
  readonly role?: 'application' | 'owner';
  /** Where the ORM's own words go, such as a migration that it runs; absent: to the console. */
  readonly logger?: (message: string) => void;
}

const CONNECTION_PATIENCE_MS = 20_000;
const IDLE_TRANSACTION_MS = 60_000;

/** Connects to PostgreSQL. Never logs bind values: they may be sealed addresses or checks. */
export async function connectOrm(options: ConnectOptions): Promise<Orm> {
  return MikroORM.init({
    clientUrl: options.url,
    entities,
    extensions: [Migrator],
    pool: { min: 0, max: options.poolMax ?? 10 },
    migrations: { migrationsList: migrations, snapshot: false, tableName: 'schema_migrations' },
    driverOptions: {
      // A process that waits for a connection, or holds a transaction and does nothing, says so instead of waiting for ever.
      connectionTimeoutMillis: CONNECTION_PATIENCE_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      application_name: options.applicationName ?? 'countersign',
      ...(options.role !== 'owner' && { onConnect: openConnection }),
    },
    ...(options.logger && { logger: options.logger }),
    // The ledger's triggers and functions live in the migrations alone.
    schemaGenerator: { ignoreTriggers: true, ignoreRoutines: true },
    forceUtcTimezone: true,
    ignoreUndefinedInQuery: true,
  });
}

/** The pool awaits this before it lends a new connection. */
async function openConnection(client: ClientBase): Promise<void> {
  await takeApplicationRole(client);
  prepareStatements(client);
}

/** Where the role is not ours to take, the triggers still guard the ledger. */
async function takeApplicationRole(client: ClientBase): Promise<void> {
  await client.query(
    `select set_config('role', rolname, false) from pg_roles where rolname = 'countersign_app'
       and pg_has_role(oid, case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end)`,
  );
}
