import type { Orm } from '../../platform/orm.ts';

export interface Counted {
  readonly statements: number;
  readonly transactions: number;
}

/** A statement as it was sent. */
export interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What runs by the clock and not by the order: it says nothing about what an order costs. */
const BY_THE_CLOCK = /data_keys|signing_keys|nextval|outbox_readers|pg_locks|webhook|set_config|listen|maintenance/i;
const BEGIN = /^\s*(begin|start transaction)/i;
const END = /^\s*(commit|rollback)/i;

/**
 * Counts what is asked of PostgreSQL through this ORM from now on, whoever asks: it watches the connections themselves. A
 * statement outside `begin` and `commit` is a transaction of its own.
 */
export async function countStatements(orm: Orm): Promise<() => Counted> {
  const counted = { statements: 0, transactions: 0 };
  const open = new WeakMap<object, { statements: number }>();
  await watchStatements(orm, ({ text }, connection) => {
    const transaction = open.get(connection);
    if (BEGIN.test(text)) open.set(connection, { statements: 0 });
    else if (END.test(text)) {
      if (transaction && transaction.statements > 0) counted.transactions += 1;
      open.delete(connection);
    } else if (!BY_THE_CLOCK.test(text)) {
      counted.statements += 1;
      if (transaction) transaction.statements += 1;
      else counted.transactions += 1;
    }
  });
  return () => ({ ...counted });
}

/** Shows every statement that goes through this ORM from now on. */
export async function watchStatements(orm: Orm, see: (sent: Sent, connection: object) => void): Promise<void> {
  const pool = await orm.em.getConnection().getNativeClient();
  const watched = new WeakSet<object>();
  pool.on('acquire', (client) => {
    if (watched.has(client)) return;
    watched.add(client);
    const query: (...args: unknown[]) => unknown = client.query.bind(client);
    Object.defineProperty(client, 'query', {
      value(...args: unknown[]): unknown {
        see(sentBy(args), client);
        return query(...args);
      },
    });
  });
}

function sentBy([query, values]: unknown[]): Sent {
  const list = Array.isArray(values) ? values : [];
  if (typeof query === 'string') return { text: query, values: list };
  if (typeof query !== 'object' || query === null || !('text' in query)) return { text: '', values: [] };
  return { text: String(query.text), values: 'values' in query && Array.isArray(query.values) ? query.values : list };
}
