import type { OrderId } from '../../../domain/ids.ts';
import { isEnded, type Stage } from '../../../domain/stages.ts';
import type { Orm } from '../../../platform/orm.ts';
import { done, refused, type Outcome } from '../../outcome.ts';
import { lockOrder, noteDecision, type OperatorsDecision, type NotDone } from './record.ts';

/** Takes note of what was reported of an order that had ended: it needs nobody any more. The order itself stays as it is. */
export function acknowledgeOrder(
  orm: Orm,
  orderId: OrderId,
  decision: OperatorsDecision,
): Promise<Outcome<Stage, NotDone>> {
  return orm.em.fork().transactional(async (tx) => {
    const order = await lockOrder(tx, orderId);
    if (!order) return refused('not_found', 'There is no such order.');
    const { stage, attention } = order;
    if (!isEnded(stage))
      return refused(
        'not_ended',
        `The order is ${stage}: its attention ends with its cause. Retry or abort it instead.`,
      );
    if (!attention) return refused('nothing_to_do', 'There is nothing to acknowledge on this order.');
    await tx.execute('update orders set attention = null, updated_at = now() where id = ?', [orderId]);
    const effect = `noted: ${attention.reason} since ${attention.since}`;
    await noteDecision(tx, orderId, decision, { action: 'acknowledge', on: attention.step, effect });
    return done(stage);
  });
}
