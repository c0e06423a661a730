import type { EntityManager } from '@mikro-orm/postgresql';
import { endingFrom, type Ending } from '../../domain/ending.ts';
import type { OrderId } from '../../domain/ids.ts';
import { decidedAs, type Decided } from '../../domain/on-record.ts';
import type { Stage } from '../../domain/stages.ts';
import type { Orm } from '../../platform/orm.ts';
import { decidedEnding } from './decided-ending.ts';
import { recordRequested, type RequestedOrder } from './request.ts';

type Order = RequestedOrder & { readonly orderId: OrderId };

/** What stands on record of how an order goes on: it ends early, or its goods are with the buyer and it only goes forward. */
export type Decision = Decided | { readonly kind: 'delivered' };

/**
 * Puts the decision to end an order early on record, before anything is undone, and returns the decision that stands there.
 * The first one counts: another ending, or the delivery, that was recorded before is the answer to everybody who comes later.
 */
export function decideEnding(orm: Orm, order: Order, wanted: Ending): Promise<Decision> {
  return orm.em.fork().transactional((tx) => decideIn(tx, order, wanted));
}

/** The same inside the caller's transaction; the order's row stays locked until that ends. */
export async function decideIn(tx: EntityManager, order: Order, wanted: Ending): Promise<Decision> {
  await recordRequested(tx, order);
  const { stage, ending: onRecord, paid } = await lockDecision(tx, order.orderId);
  if (onRecord) return decidedAs(onRecord);
  if (stage === 'delivered' || stage === 'completed') return { kind: 'delivered' };
  const ending = endingFrom(stage, wanted, paid);
  await tx.execute('update orders set ending = ?::jsonb, updated_at = now() where id = ?', [
    JSON.stringify(ending),
    order.orderId,
  ]);
  return decidedAs(ending);
}

interface DecisionRow {
  stage: Stage;
  ending: Ending | null;
  paid: boolean;
}

async function lockDecision(tx: EntityManager, orderId: OrderId) {
  const [row] = await tx.execute<DecisionRow[]>(
    'select stage, ending, settled_amount > 0 as paid from orders where id = ? for no key update',
    [orderId],
  );
  if (!row) throw new Error(`order ${orderId} is not on record`);
  return { ...row, ending: decidedEnding(row.stage, row.ending) };
}
