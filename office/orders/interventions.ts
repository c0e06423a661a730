import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import { REPORT_AFTER_END } from '../../domain/delivery.ts';
import { isEnded, type Stage } from '../../domain/order.ts';
import type { ClosedReason } from '../../platform/order-health/health.ts';
import type { Orm } from '../../platform/orm.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { clearAttention } from './attention.ts';
import { closeOrder } from './closing.ts';
import { readReports } from './reports.ts';
import { readRequest, type RequestedOrder } from './request.ts';
import { lockOrderState, noteEvents, readOrderState } from './step-record.ts';
import { isEndUnsigned } from './unsigned-ends.ts';

/*
 * What an operator decides about an order on which no workflow works. Every decision locks the order's row first, so two
 * operators, or an abort and a resume, come one after the other, and the second sees what the first has done.
 */

/** An operator's decision about an order on which no workflow works. */
export interface OperatorsDecision {
  /** Who is on record for it. */
  readonly actor: string;
  readonly reason: string;
}

/** Why an operator's decision was not carried out. Nothing has changed. */
export type InterventionRefusalCode =
  | 'order-not-found'
  | 'ended'
  | 'delivered'
  | 'running'
  | 'behind'
  | 'request-not-on-record'
  | 'not-ended'
  | 'nothing-to-do';

/**
 * Ends an order on which no workflow works, from its row: the decision and everything that it undoes, in one transaction. An
 * ending that was decided before is carried out instead. One whose workflow has come to its own end is refused: it may be paid.
 */
export function abortFromRow(
  orm: Orm,
  orderId: OrderId,
  decision: OperatorsDecision,
  workflowState: () => Promise<'running' | ClosedReason>,
): Promise<Outcome<Stage, InterventionRefusalCode>> {
  return orm.em.fork().transactional(async (tx) => {
    const { stage, attention, ending } = await lockOrderState(tx, orderId);
    if (!stage) return noSuchOrder();
    if (isEnded(stage)) return refused('ended', `The order has ended (${stage}): nothing can be done to it any more.`);
    const state = await workflowState();
    if (state === 'running') return refused('running', "The order's workflow runs again: repeat the same request.");
    if (state === 'WorkflowCompleted') return refused('behind', RECORD_BEHIND);
    if (!ending && (await isDelivered(tx, orderId, stage))) return delivered();
    const request = await readRequest(tx, orderId);
    if (!request)
      return refused('request-not-on-record', 'The order is older than the record of requests: restore its workflow.');
    const { actor, reason } = decision;
    const effect = 'the order ends from its row, and everything done for it is undone';
    await noteDecision(tx, orderId, decision, { action: 'abort', on: attention?.step ?? stage, effect });
    const closed = await closeOrder(tx, request, ending ?? { stage: 'cancelled', reason, actor });
    return closed.kind === 'closed' ? done(closed.ending.stage) : delivered();
  });
}

/** An open order whose workflow has come to its own end: none of what that has done must be done otherwise. */
export const RECORD_BEHIND =
  "The order's workflow has come to its end, and the record knows less, as after a restore of the database to an older moment: " +
  '`npm run ops -- resume ORDER` takes what is missing from its history.';

function noSuchOrder() {
  return refused('order-not-found', 'There is no such order.');
}

function delivered() {
  return refused('delivered', 'The goods are with the buyer: the order cannot be undone any more. Resume it instead.');
}

async function isDelivered(tx: EntityManager, orderId: OrderId, stage: Stage): Promise<boolean> {
  return stage === 'delivered' || (await readReports(tx, orderId)).some(({ kind }) => kind === 'delivered');
}

/** Takes note of what was reported of an order that had ended, or whose goods were delivered: it needs nobody any more. The order itself stays as it is. */
export function acknowledgeOrder(
  orm: Orm,
  orderId: OrderId,
  decision: OperatorsDecision,
): Promise<Outcome<Stage, InterventionRefusalCode>> {
  return orm.em.fork().transactional(async (tx) => {
    const { stage, attention } = await lockOrderState(tx, orderId);
    if (!stage) return noSuchOrder();
    if (!attention)
      return refused('nothing-to-do', `The order is ${stage}, and ${NOTHING_WRONG}: there is nothing to acknowledge.`);
    if (!isEnded(stage) && attention.reason !== REPORT_AFTER_END.reason)
      return refused(
        'not-ended',
        `The order is ${stage}: its attention ends with its cause. Retry or abort it instead.`,
      );
    await clearAttention(tx, orderId);
    const effect = `noted: ${attention.reason} since ${attention.since}`;
    await noteDecision(tx, orderId, decision, { action: 'acknowledge', on: attention.step, effect });
    return done(stage);
  });
}

const NOTHING_WRONG = 'nothing is known to be wrong with it';

/** Why an order whose workflow runs is not resumed. */
export function nothingToResume(needsPerson: boolean): string {
  if (!needsPerson) return `The order's workflow runs, and ${NOTHING_WRONG}: there is nothing to resume.`;
  return "The order's workflow runs: there is nothing to resume. Retry or abort it instead.";
}

/** What an order's workflow is started with, read back from its row. */
export type ResumedRequest = RequestedOrder & { readonly resumed: true };

/** Starts the order's workflow, unless one runs. Injected, so that the books know nothing of Temporal. */
export type StartAgain = (request: ResumedRequest) => Promise<'started' | 'running'>;

/**
 * Has an order go on whose workflow was terminated or is lost: it is started again with the request of the row, and goes on
 * from what is on record; one that has ended only where a party's own server has not signed for that. The row stays locked while
 * Temporal is asked, which starts at most one; what is noted is committed only when it was started.
 */
export function resumeOrder(
  orm: Orm,
  orderId: OrderId,
  decision: OperatorsDecision,
  start: StartAgain,
): Promise<Outcome<Stage, InterventionRefusalCode>> {
  return orm.em.fork().transactional(async (tx) => {
    const { stage, attention, ending = null } = await lockOrderState(tx, orderId);
    if (!stage) return noSuchOrder();
    if (isEnded(stage) && !(await isEndUnsigned(tx, orderId, { stage, ending })))
      return refused('ended', `The order has ended (${stage}): there is nothing to resume.`);
    const request = await readRequest(tx, orderId);
    if (!request)
      return refused('request-not-on-record', 'The order is older than the record of requests: abort it instead.');
    if ((await start({ ...request, resumed: true })) === 'running')
      return refused('running', nothingToResume(attention !== null));
    // What the former workflow said is over; this one says again what it needs. A report after the end stays until it is acknowledged.
    if (attention?.reason !== REPORT_AFTER_END.reason) await clearAttention(tx, orderId);
    const effect = 'the workflow is started again and goes on from what is on record';
    await noteDecision(tx, orderId, decision, { action: 'resume', on: attention?.step ?? stage, effect });
    return done(stage);
  });
}

/**
 * An order that has ended from its row, beside every workflow: the parties' own servers that were sent anything of it are notified of its end
 * by one that is started for that: `true` when one was. Where it cannot be started, `resumeOrder` does it later.
 */
export async function notifyOfEnd(orm: Orm, orderId: OrderId, start: StartAgain): Promise<boolean> {
  const em = orm.em.fork();
  const { stage, ending = null } = await readOrderState(em, orderId);
  if (!stage || !(await isEndUnsigned(em, orderId, { stage, ending }))) return false;
  const request = await readRequest(em, orderId);
  return request !== undefined && (await start({ ...request, resumed: true })) === 'started';
}

/** Notes who decided what, why, and what it did, as the workflow itself does for what it is asked. */
async function noteDecision(
  tx: EntityManager,
  orderId: OrderId,
  { actor, reason }: OperatorsDecision,
  made: { readonly action: string; readonly on: string; readonly effect: string },
): Promise<void> {
  const { action, on, effect } = made;
  const key = `intervention_made:${randomUUID()}`;
  await noteEvents(tx, orderId, [{ key, type: 'intervention_made', actor, body: { action, reason, on, effect } }]);
}
