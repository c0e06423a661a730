import { createHash } from 'node:crypto';
import type { AnyEntity, Dictionary, EntityData, LoggingOptions, QueryResult, Transaction } from '@mikro-orm/core';
import { PostgreSqlConnection, PostgreSqlDriver } from '@mikro-orm/postgresql';
import type { NativeQueryBuilder, RawQueryFragment } from '@mikro-orm/sql';
import { CompiledQuery, PostgresDialect } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { ClientBase, Pool, PoolConfig } from 'pg';
import { lendFrom } from './pool.ts';

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
    return new PostgresDialect({ pool: lendFrom(pool, namedQueries ? nameOf : () => undefined) });
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

const names = new LRUCache<string, string>({ max: REMEMBERED });

/** The same name in every process. A list of a caller's length (`in ($1, $2, …)`) has too many texts to be kept. */
function nameOf(text: string): string | undefined {
  if (/ in \(\$\d+, /.test(text)) return undefined;
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = createHash('sha256').update(text).digest('base64url');
  names.set(text, name);
  return name;
}
