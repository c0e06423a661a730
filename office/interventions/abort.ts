import type { EntityManager } from '@mikro-orm/postgresql';
import type { Ending } from '../../domain/ending.ts';
import type { OrderId } from '../../domain/ids.ts';
import { isEnded, type Stage } from '../../domain/stages.ts';
import type { Orm } from '../../platform/orm.ts';
import { readRequest } from '../order-request.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { closeOrder } from '../undoing.ts';
import { lockOrder, noteDecision, type Decided, type LockedOrder, type NotDone } from './record.ts';

/**
 * Ends an order on which no workflow works, from its row: first the decision goes on record, once, then everything that was
 * done is undone in one transaction. Repeated after a crash in between, the same decision is carried out.
 */
export async function abortFromRow(
  orm: Orm,
  orderId: OrderId,
  decided: Decided,
  isRunning: () => Promise<boolean>,
): Promise<Outcome<Stage, NotDone>> {
  const decision = await orm.em.fork().transactional((tx) => decide(tx, orderId, decided, isRunning));
  if (!decision.ok) return decision;
  const request = await readRequest(orm.em.fork(), orderId);
  if (!request) return refused('no_request', 'The order is older than the record of requests.');
  await closeOrder(orm, request, decision.value);
  return done(decision.value.stage);
}

async function decide(
  tx: EntityManager,
  orderId: OrderId,
  decided: Decided,
  isRunning: () => Promise<boolean>,
): Promise<Outcome<Ending, NotDone>> {
  const order = await lockOrder(tx, orderId);
  if (!order) return refused('not_found', 'There is no such order.');
  const { stage } = order;
  if (isEnded(stage)) return refused('ended', `The order has ended (${stage}): nothing can be done to it any more.`);
  if (await isRunning()) return refused('running', 'The order’s workflow runs again: repeat the same request.');
  if (order.ending) return done(order.ending);
  if (stage === 'delivered' || (await isDeliveredOnRecord(tx, orderId)))
    return refused(
      'delivered',
      'The goods are with the buyer: the order cannot be undone any more. Resume it instead.',
    );
  const ending = endingOf(order, decided);
  await tx.execute('update orders set ending = ?::jsonb where id = ?', [JSON.stringify(ending), orderId]);
  const effect = 'the order ends from its row, and everything done for it is undone';
  await noteDecision(tx, orderId, decided, { action: 'abort', on: order.attention?.step ?? stage, effect });
  return done(ending);
}

function endingOf({ paid }: LockedOrder, { actor, reason }: Decided): Ending {
  return { stage: paid ? 'refunded' : 'cancelled', reason, actor };
}

async function isDeliveredOnRecord(tx: EntityManager, orderId: OrderId): Promise<boolean> {
  const [row] = await tx.execute<{ found: boolean }[]>(
    `select exists (select from order_events where order_id = ?
       and (type = 'distribution_completed' or body->>'kind' = 'delivered')) as found`,
    [orderId],
  );
  return row?.found ?? false;
}
