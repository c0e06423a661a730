import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../domain/ids.ts';
import type { Stage } from '../domain/order.ts';

/** How far an order has come: by its record, or by what its workflow knows. */
export interface Progress {
  readonly stage: Stage;
  /** Something was settled. */
  readonly paid: boolean;
  readonly indicated: boolean;
  readonly instructed: boolean;
  /** RFC 3339: the date of the delivery that counts. */
  readonly deliverAt?: string;
  /** The ids of the distributor's reports that were taken up. */
  readonly reports: ReadonlySet<string>;
}

/** What is on record of an order. */
export interface OnRecord extends Progress {
  readonly updatedAt: Date;
  readonly isEndingDecided: boolean;
  /** The keys of its events: by them each step is known to be on record. */
  readonly keys: ReadonlySet<string>;
  /** The ids of the messages to parties' own servers that have their receipts. */
  readonly receipted: ReadonlySet<string>;
}

interface Row {
  stage: Stage;
  paid: boolean;
  deliver_at: Date | null;
  updated_at: Date;
  decided: boolean;
  keys: string[];
  receipted: string[];
}

/** Reads it; `undefined`: the order is not on record. One statement, so that it is of one moment. */
export async function readOnRecord(em: EntityManager, orderId: OrderId): Promise<OnRecord | undefined> {
  const [row] = await em.execute<Row[]>(
    `select stage, settled_amount > 0 as paid, deliver_at, updated_at, ending is not null as decided,
       array(select key from order_events e where e.order_id = orders.id) as keys,
       array(select m.id from party_messages m where m.order_id = orders.id and m.verdict is not null) as receipted
     from orders where id = ?`,
    [orderId],
  );
  if (!row) return undefined;
  const keys = new Set(row.keys);
  return {
    stage: row.stage,
    paid: row.paid,
    indicated: keys.has('payment_indicated'),
    instructed: keys.has('distribution_instructed'),
    deliverAt: row.deliver_at ? new Date(row.deliver_at).toISOString() : undefined,
    reports: new Set(row.keys.flatMap((key) => /^distribution:(.+)$/s.exec(key)?.[1] ?? [])),
    updatedAt: new Date(row.updated_at),
    isEndingDecided: row.decided,
    keys,
    receipted: new Set(row.receipted),
  };
}
