import { MikroORM, type PostgreSqlDriver } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import type { Pool } from 'pg';
import { entities } from '../entities/index.ts';
import { migrations } from '../migrations/index.ts';
import { ParameterDriver, type ConnectionOptions, WatchedClient, watchPool } from './driver.ts';
import { boundTransactions, requireSession } from './session-start.ts';
import { KEEP_ALIVE, PATIENCE, startupOptions, type Purpose } from './session.ts';

export type Orm = MikroORM;

export interface ConnectOptions {
  /** `postgres://user:password@host:port/database`. Its login decides what the connections may do: nobody changes it later. */
  readonly url: string;
  /** What the connections are for: decides how long they wait. Default: `unhurried`. */
  readonly purpose?: Purpose;
  /** The URL leads through a transaction pooler, whose sessions are prepared by `npm run migrate`. */
  readonly pooled?: boolean;
  readonly poolMax?: number;
  /** What PostgreSQL shows in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Where the ORM's messages go, such as a migration that it runs; absent: to the console. */
  readonly logger?: (message: string) => void;
}

/** A connection to a primary that has become a standby, and only reads, would never notice. */
const LIFETIME_SECONDS = 600;

// The type as the ORM knows it, so that its entity manager has the type that PostgreSQL's users know.
const DRIVER: typeof PostgreSqlDriver = ParameterDriver;

/** How a pool of connections is used, as `pg` counts. */
export interface PoolUse {
  readonly max: number;
  readonly inUse: number;
  readonly idle: number;
  /** Who waits for a connection. */
  readonly waiting: number;
}

const pools = new WeakMap<Orm, () => PoolUse>();

/** How the connections of an ORM are used now. */
export function poolUse(orm: Orm): PoolUse {
  const use = pools.get(orm);
  if (!use) throw new Error('this ORM was not made by connectOrm');
  return use();
}

/** Connects to PostgreSQL. Never logs bind values: they may be sealed addresses or checks. */
export async function connectOrm(options: ConnectOptions): Promise<Orm> {
  const max = options.poolMax ?? 10;
  let made: Pool | undefined;
  const orm = await MikroORM.init({
    driver: DRIVER,
    clientUrl: options.url,
    entities,
    extensions: [Migrator],
    pool: { min: 0, max },
    migrations: { migrationsList: migrations, snapshot: false, tableName: 'schema_migrations' },
    driverOptions: driverOptions(options, (pool) => (made = pool)),
    ...(options.logger && { logger: options.logger }),
    // The ledger's triggers and functions live in the migrations alone.
    // What is archived is reached through the tables that it was moved from.
    schemaGenerator: { ignoreTriggers: true, ignoreRoutines: true, ignoreSchema: ['archive'] },
    ensureDatabase: false,
    forceUtcTimezone: true,
    ignoreUndefinedInQuery: true,
  });
  // Until the first question there is no pool.
  pools.set(orm, () => {
    const { totalCount = 0, idleCount = 0, waitingCount = 0 } = made ?? {};
    return { max, inUse: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  });
  return orm;
}

/** The options of `pg` and its pool. */
function driverOptions(
  { purpose = 'unhurried', pooled = false, applicationName }: ConnectOptions,
  onMade: (pool: Pool) => void,
): ConnectionOptions {
  const patience = PATIENCE[purpose];
  return {
    ...KEEP_ALIVE,
    Client: WatchedClient,
    namedQueries: !pooled && purpose !== 'migration',
    connectionTimeoutMillis: patience.connectMs,
    maxLifetimeSeconds: LIFETIME_SECONDS,
    application_name: applicationName ?? 'countersign',
    ...(!pooled && { options: startupOptions(purpose) }),
    onConnect: async (client) => {
      if (client instanceof WatchedClient) client.watch(patience.silenceMs);
      if (pooled) return requireSession(client);
      await boundTransactions(client, patience.transactionMs);
    },
    onPoolCreated: (pool) => {
      onMade(pool);
      watchPool(pool, patience.silenceMs);
    },
  };
}
