import { createHash } from 'node:crypto';
import type { AnyEntity, Dictionary, EntityData, LoggingOptions, QueryResult, Transaction } from '@mikro-orm/core';
import { PostgreSqlConnection, PostgreSqlDriver } from '@mikro-orm/postgresql';
import type { NativeQueryBuilder, RawQueryFragment } from '@mikro-orm/sql';
import {
  CompiledQuery,
  PostgresDialect,
  type PostgresCursor,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import { LRUCache } from 'lru-cache';
import {
  Client,
  type ClientBase,
  type ClientConfig,
  type Pool,
  type PoolClient,
  type PoolConfig,
  type QueryConfig,
} from 'pg';
import { Socket } from 'node:net';
import type { Attributes } from '@opentelemetry/api';
import { inSpan } from './spans.ts';

/** What `driverOptions` say: the options of `pg` and its pool, and ours. */
export interface ConnectionOptions extends Omit<PoolConfig, 'onConnect'> {
  /** Awaited before a new connection is lent. */
  readonly onConnect?: (client: ClientBase) => Promise<void>;
  /** PostgreSQL keeps each statement planned, by a name. Not behind a transaction pooler, whose sessions are not ours. */
  readonly namedQueries?: boolean;
  readonly onPoolCreated?: (pool: Pool) => void;
}

/**
 * MikroORM's driver for PostgreSQL, which sends values as parameters. The ORM's own writes them into the statement's text: every
 * statement is a new one then, PostgreSQL plans it again (the larger half of what a short statement costs), and what it says
 * shows in `pg_stat_activity`.
 */
export class ParameterDriver extends PostgreSqlDriver {
  protected override readonly connection = new ParameterConnection(this.config);
}

type Execution = [method?: 'all' | 'get' | 'run', transaction?: Transaction, logging?: LoggingOptions];

class ParameterConnection extends PostgreSqlConnection {
  /** The ORM makes the pool, with its parsers of types; Kysely is lent connections from it that send named queries. */
  override createKyselyDialect({ namedQueries, onPoolCreated, ...options }: ConnectionOptions): PostgresDialect {
    const pools: Pool[] = [];
    const collecting: ConnectionOptions = { ...options, onPoolCreated: (made) => void pools.push(made) };
    super.createKyselyDialect(collecting);
    const [pool] = pools;
    if (!pool) throw new Error('the ORM has made no pool');
    onPoolCreated?.(pool);
    return new PostgresDialect({ pool: lendFrom(pool, namedQueries ? statementName : () => undefined) });
  }

  override async execute<T extends QueryResult | EntityData<AnyEntity> | EntityData<AnyEntity>[]>(
    query: string | NativeQueryBuilder | RawQueryFragment,
    params: readonly unknown[] | Dictionary<unknown> = [],
    ...[method, transaction, logging]: Execution
  ): Promise<T> {
    const bound = typeof query === 'string' && Array.isArray(params) ? bind(query, params) : undefined;
    if (!bound) return super.execute(query, params, method, transaction, logging);
    await this.ensureConnection();
    const statement = CompiledQuery.raw(bound.text, bound.values);
    const client = transaction ?? this.getClient();
    return this.executeQuery(
      bound.text,
      async () => this.transformRawResult<T>(await client.executeQuery(statement), method ?? 'all'),
      { query: bound.text, ...logging },
    );
  }
}

/** The statement with numbered parameters; `undefined` when it has none, or some that only the ORM can write. */
function bind(query: string, params: readonly unknown[]): { text: string; values: unknown[] } | undefined {
  if (params.length === 0) return undefined;
  const text = numbered(query);
  if (text === undefined) return undefined;
  const values = params.map(parameter);
  return values.includes(undefined) ? undefined : { text, values };
}

/** A parameter as `pg` sends it, the same text that the ORM would write; `undefined`: fragments, lists and objects. */
function parameter(value: unknown): string | number | boolean | Uint8Array | null | undefined {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return undefined;
}

const REMEMBERED = 500;
const numberedTexts = new LRUCache<string, { text?: string }>({ max: REMEMBERED });

/** `?` as `$1`, `$2`, …; `undefined` when the statement has identifiers for parameters (`??`). `\?` is an operator. */
function numbered(query: string): string | undefined {
  const known = numberedTexts.get(query);
  if (known) return known.text;
  let count = 0;
  const text = query.includes('??')
    ? undefined
    : query.replaceAll(/\\?\?/g, (mark) => (mark === '?' ? `$${(count += 1)}` : '?'));
  numberedTexts.set(query, { text });
  return text;
}

const statementNames = new LRUCache<string, string>({ max: REMEMBERED });

/** The same name in every process. A list of a caller's length (`in ($1, $2, …)`) has too many texts to be kept. */
function statementName(text: string): string | undefined {
  if (/ in \(\$\d+, /.test(text)) return undefined;
  const known = statementNames.get(text);
  if (known !== undefined) return known;
  const name = createHash('sha256').update(text).digest('base64url');
  statementNames.set(text, name);
  return name;
}

/** The server owes an answer and has sent nothing: it is frozen, or something between us and it forgot the connection. */
class DatabaseSilentError extends Error {
  override readonly name = 'DatabaseSilentError';
  readonly code = 'ETIMEDOUT';
}

/**
 * A connection that is given up when the server falls silent, or turns out to be a primary no longer. `pg`'s own
 * `query_timeout` leaves such a connection in use; here its socket is destroyed, so that the pool drops it.
 */
export class WatchedClient extends Client {
  readonly #socket: Socket;
  /** Called with the reason when the connection has shown that others like it are no good either. */
  onDistrust: (reason: Error) => void = () => undefined;

  constructor(config: ClientConfig = {}) {
    const socket = new Socket();
    // A pool hides the password from being copied with the rest.
    super({ ...config, password: config.password, stream: () => socket });
    this.#socket = socket;
    socket.on('timeout', () =>
      this.giveUp(new DatabaseSilentError(`the database has sent nothing for ${socket.timeout} ms`)),
    );
  }

  /** From now on the server owes answers, each within `silenceMs`; 0: without end. */
  watch(silenceMs: number): void {
    this.#socket.setTimeout(silenceMs);
  }

  /** Nothing is owed: the connection lies in the pool. */
  rest(): void {
    this.#socket.setTimeout(0);
  }

  /** Ends the connection without a word to a server that would not receive it. With an error, so that its pool knows at once. */
  drop(reason: Error): void {
    this.#socket.destroy(reason);
  }

  /** The others first: whoever sees this one fail, and asks again, must not be lent one of them. */
  giveUp(reason: Error): void {
    this.onDistrust(reason);
    this.drop(reason);
  }
}

/** Watches the connections of a pool while they are lent. One that is given up takes the idle ones along: they go the same way. */
export function watchPool(pool: Pool, silenceMs: number): void {
  const idle = new Set<WatchedClient>();
  const distrust = (reason: Error): void => {
    for (const client of idle) client.drop(reason);
  };
  pool.on('acquire', (client) => {
    if (!(client instanceof WatchedClient)) return;
    idle.delete(client);
    client.onDistrust = distrust;
    client.watch(silenceMs);
  });
  pool.on('release', (_error, client) => {
    if (!(client instanceof WatchedClient)) return;
    client.rest();
    idle.add(client);
  });
  pool.on('remove', (client) => void idle.delete(client as unknown as WatchedClient));
}

/** The name of a statement that PostgreSQL is to keep parsed and planned; `undefined`: it is not. */
export type NameOf = (text: string) => string | undefined;

/** How many statements one connection keeps. Our own are some hundred; what callers may vary must not fill the server's memory. */
const NAMED_LIMIT = 200;

/** The pool as Kysely asks for one. Statements go out as `pg`'s named queries where `nameOf` gives them a name. */
export function lendFrom(pool: Pool, nameOf: NameOf): PostgresPool {
  const kept = new WeakMap<PoolClient, Set<string>>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      // Kysely has let go of an ending pool by then and would never give this one back: the end would wait for it.
      if (pool.ending) {
        client.release();
        throw new Error('Cannot use a pool after calling end on the pool');
      }
      const names = kept.get(client) ?? new Set();
      kept.set(client, names);
      return new LentConnection(client, (text) => keptName(names, nameOf(text)));
    },
  };
}

function keptName(names: Set<string>, name: string | undefined): string | undefined {
  if (name === undefined || (names.size >= NAMED_LIMIT && !names.has(name))) return undefined;
  names.add(name);
  return name;
}

/**
 * A connection as it is lent once. It goes back when it is released or when it ends: a transaction whose `rollback` fails never
 * releases it (Kysely issue 1990), and its place in the pool would be lost.
 */
class LentConnection implements PostgresPoolClient {
  readonly #nameOf: NameOf;
  #client: PoolClient | undefined;
  readonly #ended = (): void => this.#giveBack(new Error('the connection has ended'));

  constructor(client: PoolClient, nameOf: NameOf) {
    this.#client = client;
    this.#nameOf = nameOf;
    client.once('end', this.#ended);
  }

  query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  query<Row>(
    query: string | PostgresCursor<Row>,
    values: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<Row>> | PostgresCursor<Row> {
    if (typeof query !== 'string') throw new TypeError('rows are not streamed');
    return this.#run<Row>(query, values);
  }

  release(): void {
    this.#giveBack();
  }

  async #run<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    const client = this.#client;
    if (!client) throw new Error('the connection has ended');
    const name = values.length > 0 ? this.#nameOf(text) : undefined;
    try {
      return await send<Row>(client, { name, text, values: [...values] });
    } catch (error) {
      const reason = distrustOf(error);
      try {
        // Nothing was done, and no transaction has ended with it: it is planned again, and nobody notices.
        if (!isPlanOutdated(error) || client.getTransactionStatus() !== 'I') throw error;
        return await send<Row>(client, { text, values: [...values] });
      } finally {
        if (reason && client instanceof WatchedClient) client.giveUp(reason);
      }
    }
  }

  #giveBack(error?: Error): void {
    const client = this.#client;
    this.#client = undefined;
    client?.off('end', this.#ended);
    client?.release(error);
  }
}

async function send<Row>(client: PoolClient, query: QueryConfig): Promise<PostgresQueryResult<Row>> {
  const { command, rowCount, rows } = await inSpan(
    operationOf(query),
    () => spanOf(query),
    () => client.query(query),
  );
  return { command: command as PostgresQueryResult<Row>['command'], rowCount: rowCount ?? 0, rows };
}

/** `SELECT`, `INSERT`, `COMMIT`, …; of a statement with named parts, `WITH`. */
function operationOf({ text }: QueryConfig): string {
  return /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'SQL';
}

/** The text only where its values are beside it: where there are none they may stand in it. */
function spanOf(query: QueryConfig): Attributes {
  const hasParameters = (query.values?.length ?? 0) > 0;
  return {
    'db.system.name': 'postgresql',
    'db.operation.name': operationOf(query),
    ...(hasParameters && { 'db.query.text': query.text }),
  };
}

/** A standby, or a primary that no longer is one: SQLSTATE `read_only_sql_transaction`. */
const READ_ONLY = '25006';

/** A migration has changed what a statement answers whose plan the connection keeps. Nothing was done. */
function isPlanOutdated(error: unknown): boolean {
  return error instanceof Error && error.message.includes('cached plan must not change');
}

/** What an answer says against the connection itself, and against the others of its age. */
function distrustOf(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && error.code === READ_ONLY) return new Error('the database only reads');
  if (isPlanOutdated(error)) return new Error('the schema has changed');
  return undefined;
}
