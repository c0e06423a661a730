import type { Orm } from '../../platform/orm.ts';

export interface Counted {
  readonly statements: number;
  readonly transactions: number;
}

/** What runs by the clock and not by the order: it says nothing about what an order costs. */
const BY_THE_CLOCK =
  /data_keys|signing_keys|nextval|outbox_readers|order_events where \(transaction_id|webhook|set_config|listen|maintenance/i;
const BEGIN = /^\s*(begin|start transaction)/i;
const END = /^\s*(commit|rollback)/i;

/**
 * Counts what is asked of PostgreSQL through this ORM from now on, whoever asks: it watches the connections themselves. A
 * statement outside `begin` and `commit` is a transaction of its own.
 */
export async function countStatements(orm: Orm): Promise<() => Counted> {
  const counted = { statements: 0, transactions: 0 };
  const open = new WeakMap<object, { statements: number }>();
  const note = (client: object, text: string): void => {
    const transaction = open.get(client);
    if (BEGIN.test(text)) open.set(client, { statements: 0 });
    else if (END.test(text)) {
      if (transaction && transaction.statements > 0) counted.transactions += 1;
      open.delete(client);
    } else if (!BY_THE_CLOCK.test(text)) {
      counted.statements += 1;
      if (transaction) transaction.statements += 1;
      else counted.transactions += 1;
    }
  };
  const pool = await orm.em.getConnection().getNativeClient();
  const watched = new WeakSet<object>();
  pool.on('acquire', (client) => {
    if (watched.has(client)) return;
    watched.add(client);
    const query: (...args: unknown[]) => unknown = client.query.bind(client);
    Object.defineProperty(client, 'query', {
      value(...args: unknown[]): unknown {
        note(client, textOf(args[0]));
        return query(...args);
      },
    });
  });
  return () => ({ ...counted });
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  if (typeof query === 'object' && query !== null && 'text' in query) return String(query.text);
  return '';
}
