/*
 * The settings of every session of ours, whatever the database, its roles or the environment say: the SQL of this service, the
 * texts that it reads back and the quoting of its values take these for granted.
 */

/** Settings that decide what a statement means. Values as PostgreSQL itself prints them. */
export const MEANING = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  // Lists and fragments the ORM writes into the statement's text: with `off` a backslash could end a literal.
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  search_path: 'public, pg_temp',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
} as const satisfies Record<string, string>;

/** How long a session waits for what, in milliseconds; 0 is without end. */
export interface Patience {
  /** For a new connection, and for a free place in the pool. */
  readonly connectMs: number;
  /** For a row or table that somebody else has locked. */
  readonly lockMs: number;
  readonly statementMs: number;
  /** Known to PostgreSQL 17 and later. */
  readonly transactionMs: number;
  /** Without one byte from the server while it owes an answer: then the connection is given up. More than `statementMs`. */
  readonly silenceMs: number;
}

/**
 * Who waits how long. A step has one second beside its workflow and thirty as an activity (temporal.config.ts): a locked row
 * fails it within the second, whatever else is wrong within the thirty, so that it is the step that says why and its
 * connection is free for others.
 */
export const PATIENCE = {
  /** The steps of orders. */
  steps: { connectMs: 5_000, lockMs: 700, statementMs: 10_000, transactionMs: 20_000, silenceMs: 12_000 },
  /** What the API writes: somebody waits for the answer. */
  requests: { connectMs: 3_000, lockMs: 2_000, statementMs: 4_000, transactionMs: 8_000, silenceMs: 5_000 },
  /** What the API reads. */
  reads: { connectMs: 3_000, lockMs: 700, statementMs: 4_000, transactionMs: 8_000, silenceMs: 5_000 },
  /** Readiness: a load balancer asks every few seconds. */
  probe: { connectMs: 2_000, lockMs: 500, statementMs: 2_000, transactionMs: 2_000, silenceMs: 2_500 },
  /** Commands and comparisons of all the books. */
  unhurried: { connectMs: 20_000, lockMs: 30_000, statementMs: 600_000, transactionMs: 1_800_000, silenceMs: 660_000 },
  /** Migrations: as long as they take, but nobody else waits long behind a lock that they wait for. */
  migration: { connectMs: 20_000, lockMs: 10_000, statementMs: 0, transactionMs: 0, silenceMs: 0 },
} as const satisfies Record<string, Patience>;

export type Purpose = keyof typeof PATIENCE;

/** Every server setting of a session but `transaction_timeout`, which older servers do not know. */
export function sessionSettings({ lockMs, statementMs, silenceMs }: Patience): Record<string, string> {
  return {
    ...MEANING,
    lock_timeout: String(lockMs),
    statement_timeout: String(statementMs),
    idle_in_transaction_session_timeout: String(silenceMs),
    // The pool ends what is idle, and a listener is idle for hours.
    idle_session_timeout: '0',
  };
}

/**
 * The same as `options` of the connection's first packet: it costs no round trip and comes before the defaults of database
 * and role.
 */
export function startupOptions(purpose: Purpose): string {
  return Object.entries(sessionSettings(PATIENCE[purpose]))
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');
}

/** Kept alive by TCP: a server that is gone is noticed within a minute or two, also by a connection that only listens. */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const;
