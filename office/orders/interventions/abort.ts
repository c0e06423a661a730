import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../../domain/ids.ts';
import { isEnded, type Stage } from '../../../domain/stages.ts';
import type { Orm } from '../../../platform/orm.ts';
import { readRequest } from '../request-on-record.ts';
import { done, refused, type Outcome } from '../../outcome.ts';
import { readReports } from '../reports.ts';
import { closeIn } from '../undoing.ts';
import { lockOrder, noteDecision, type NotDone, type OperatorsDecision } from './record.ts';

/**
 * Ends an order on which no workflow works, from its row: the decision and everything that it undoes, in one transaction. An
 * ending that was decided before is carried out instead.
 */
export function abortFromRow(
  orm: Orm,
  orderId: OrderId,
  decision: OperatorsDecision,
  isRunning: () => Promise<boolean>,
): Promise<Outcome<Stage, NotDone>> {
  return orm.em.fork().transactional(async (tx) => {
    const order = await lockOrder(tx, orderId);
    if (!order) return refused('not_found', 'There is no such order.');
    const { stage, attention, ending } = order;
    if (isEnded(stage)) return refused('ended', `The order has ended (${stage}): nothing can be done to it any more.`);
    if (await isRunning()) return refused('running', "The order's workflow runs again: repeat the same request.");
    if (!ending && (await isDelivered(tx, orderId, stage))) return delivered();
    const request = await readRequest(tx, orderId);
    if (!request) return refused('no_request', 'The order is older than the record of requests: restore its workflow.');
    const { actor, reason } = decision;
    const effect = 'the order ends from its row, and everything done for it is undone';
    await noteDecision(tx, orderId, decision, { action: 'abort', on: attention?.step ?? stage, effect });
    const closed = await closeIn(tx, request, ending ?? { stage: 'cancelled', reason, actor });
    return closed.kind === 'closed' ? done(closed.ending.stage) : delivered();
  });
}

function delivered() {
  return refused('delivered', 'The goods are with the buyer: the order cannot be undone any more. Resume it instead.');
}

async function isDelivered(tx: EntityManager, orderId: OrderId, stage: Stage): Promise<boolean> {
  return stage === 'delivered' || (await readReports(tx, orderId)).some(({ kind }) => kind === 'delivered');
}
