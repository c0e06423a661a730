import { dirname } from 'node:path';
import { Client } from 'pg';
import { startPostgres, type EmbeddedPostgres } from '../../platform/embedded/postgres.ts';
import { prepareDatabase } from '../../platform/logins/prepare-database.ts';

/** What the database has done so far. */
export interface DatabaseCounts {
  /** Statements of clients, without begin and commit. */
  readonly statements: number;
  /** Begin, commit and rollback. */
  readonly transactionControl: number;
  /** Commits and rollbacks, those of single statements included. */
  readonly transactions: number;
}

/** The database of a run: `url` is its owner's, who counts and profiles; the service works at `serviceUrl`. */
export type BenchDatabase = EmbeddedPostgres & { readonly serviceUrl: string };

/** Starts PostgreSQL with durable settings and counting of statements, and prepares it as `npm start` does. */
export async function startDatabase(dataDir: string): Promise<BenchDatabase> {
  const first = await startPostgres({ dataDir });
  await asOwner(first.url, async (client) => {
    await client.query(`alter system set shared_preload_libraries = 'pg_stat_statements'`);
  });
  await first.stop();
  const counting = await startPostgres({ dataDir });
  await asOwner(counting.url, (client) => client.query('create extension if not exists pg_stat_statements'));
  const ready = await prepareDatabase({ databaseUrl: counting.url, dataDir: dirname(dataDir), ownServer: true });
  return { ...counting, serviceUrl: ready.databaseUrl };
}

/** Idle connections report what they did after at most this long. */
const REPORTED_AFTER_MS = 10_500;

/** Waits until `readCounts` sees everything that has been done so far. */
export function untilCounted(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REPORTED_AFTER_MS));
}

/** Reads the counters of the whole database. */
export function readCounts(url: string): Promise<DatabaseCounts> {
  return asOwner(url, async (client) => {
    const { rows } = await client.query<{ statements: string; control: string; transactions: string }>(`
      with called as (
        select calls, query ~* '^(begin|commit|rollback|start transaction|savepoint|release)' as control
        from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database()) and toplevel
          -- What deferred triggers do at the commit counts as top level, too; it is no client's statement.
          and query not like 'SELECT order_must_agree%'
      )
      select coalesce(sum(calls) filter (where not control), 0) as statements,
        coalesce(sum(calls) filter (where control), 0) as control,
        (select xact_commit + xact_rollback from pg_stat_database where datname = current_database()) as transactions
      from called`);
    const [row] = rows;
    return {
      statements: Number(row?.statements),
      transactionControl: Number(row?.control),
      transactions: Number(row?.transactions),
    };
  });
}

/** A statement with what it cost, for profiles. */
export interface StatementCost {
  readonly query: string;
  readonly calls: number;
  readonly milliseconds: number;
}

/** The statements that took most of the database's time. */
export function readCostliest(url: string, limit = 25): Promise<StatementCost[]> {
  return asOwner(url, async (client) => {
    const { rows } = await client.query<{ query: string; calls: string; ms: number }>(
      `select query, calls, total_exec_time + total_plan_time as ms from pg_stat_statements
       where dbid = (select oid from pg_database where datname = current_database()) and toplevel
       order by ms desc limit $1`,
      [limit],
    );
    return rows.map(({ query, calls, ms }) => ({
      query: query.replaceAll(/\s+/g, ' ').slice(0, 160),
      calls: Number(calls),
      milliseconds: ms,
    }));
  });
}

export async function resetStatements(url: string): Promise<void> {
  await asOwner(url, (client) => client.query('select pg_stat_statements_reset()'));
}

/** A connection of one's own, as the owner of everything. */
export async function asOwner<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url, application_name: 'countersign-bench' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
