import type { OrderId } from '../../../domain/ids.ts';
import { isEnded, type Stage } from '../../../domain/stages.ts';
import type { Orm } from '../../../platform/orm.ts';
import { readRequest } from '../request-on-record.ts';
import { done, refused, type Outcome } from '../../outcome.ts';
import { lockOrder, noteDecision, type OperatorsDecision, type NotDone } from './record.ts';

/** What an order's workflow is started with, read back from its row. */
export type ResumedRequest = NonNullable<Awaited<ReturnType<typeof readRequest>>> & { readonly resumed: true };

/** Starts the order's workflow, unless one runs. Injected, so that the books know nothing of Temporal. */
export type StartAgain = (request: ResumedRequest) => Promise<'started' | 'running'>;

/**
 * Has an order go on whose workflow was terminated or is lost: it is started again with the request of the row, and goes on
 * from what is on record. The row stays locked while Temporal is asked, which starts at most one; what is noted is committed
 * only when it was started.
 */
export function resumeOrder(
  orm: Orm,
  orderId: OrderId,
  decision: OperatorsDecision,
  start: StartAgain,
): Promise<Outcome<Stage, NotDone>> {
  return orm.em.fork().transactional(async (tx) => {
    const order = await lockOrder(tx, orderId);
    if (!order) return refused('not_found', 'There is no such order.');
    const { stage } = order;
    if (isEnded(stage)) return refused('ended', `The order has ended (${stage}): there is nothing to resume.`);
    const request = await readRequest(tx, orderId);
    if (!request) return refused('no_request', 'The order is older than the record of requests: abort it instead.');
    if ((await start({ ...request, resumed: true })) === 'running')
      return refused('running', "The order's workflow runs: there is nothing to resume. Retry or abort it instead.");
    // What the former workflow said is over; this one says again what it needs.
    await tx.execute('update orders set attention = null, updated_at = now() where id = ?', [orderId]);
    const effect = 'the workflow is started again and goes on from what is on record';
    await noteDecision(tx, orderId, decision, { action: 'resume', on: order.attention?.step ?? stage, effect });
    return done(stage);
  });
}
