import type { z } from 'zod';
import { createHash, randomUUID } from 'node:crypto';
import type { OrderId } from '../../domain/ids.ts';
import {
  type InterventionRefusalCode,
  type OrderRecord,
  abortFromRow,
  acknowledgeOrder,
  notifyOfEnd,
  readOrder,
  RECORD_BEHIND,
  resumeOrder,
  type StartAgain,
} from '../../office/orders/index.ts';
import type { Outcome } from '../../office/outcome.ts';
import { isEnded, type Stage } from '../../domain/order.ts';
import { intervene as interveneUpdate, type InterveneMessage } from '../../workflows/messages/definitions.ts';
import type { Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Json } from '../http/endpoint.ts';
import { isOutage } from '../http/outage.ts';
import { Problem } from '../http/problem.ts';
import type { ProblemSlug } from '../http/problems.ts';
import { linksOf, orderJson } from './json.ts';
import { intervention } from './action-schemas.ts';
import { interventionAnswer, orderParams } from './schema.ts';
import { explainNoAnswer, refuseIfRefused } from './send-update.ts';

export const interveneInOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/interventions',
  operationId: 'interveneInOrder',
  tag: 'Operator',
  summary: 'Help a stuck order: retry, abort, override the credit judgement, resume, or acknowledge a late report',
  description:
    'Recorded with actor and reason. `retry`, `abort` and `override_credit` work while the database cannot be read: the answer is then what Temporal knows. `resume` starts the workflow of an order again that was terminated or is lost, also of one that has ended, where the server of a party has not signed for the end; `abort` ends such an order from its row; `acknowledge` takes note of a report that came after the end.',
  params: orderParams,
  body: intervention,
  responses: { 200: { description: 'The order as it now stands.', schema: interventionAnswer } },
  problems: ['illegal-transition'],
  answer: ({ params: { orderId }, party, body, requestId }, deps) =>
    intervene({ ...body, deps, party, orderId, requestId }),
});

interface InterventionReply {
  readonly status: 200;
  readonly body: Json<typeof interventionAnswer>;
}

interface Intervening extends z.output<typeof intervention> {
  readonly deps: ApiDeps;
  readonly party: Party;
  readonly orderId: OrderId;
  readonly requestId: string;
}

/**
 * Carries out an operator's decision: by the order's workflow while one runs, otherwise from the order's row. Each one is a
 * decision of its own; where it has been taken already, the order says so.
 */
async function intervene(intervening: Intervening): Promise<InterventionReply> {
  const { party, action, reason } = intervening;
  if (action === 'resume') return resume(intervening);
  if (action === 'acknowledge') return acknowledge(intervening);
  return sendIntervention(intervening, { action, reason, actor: party.id });
}

async function resume(intervening: Intervening): Promise<InterventionReply> {
  const { deps, orderId } = intervening;
  await refuseIfBehind(intervening);
  const resumed = await resumeOrder(deps.orm, orderId, decidedBy(intervening), startOf(intervening));
  if (!resumed.ok && resumed.code === 'order-not-found') await refuseIfLost(intervening);
  return answerRecord(intervening, resumed);
}

/** An open order whose workflow has come to its own end has done more than its record holds: none of it must be done otherwise. */
async function refuseIfBehind({ deps, orderId }: Intervening): Promise<void> {
  if ((await deps.gateway.health.status(orderId)) !== 'WorkflowCompleted') return;
  const record = await readOrder(deps.orm.em.fork(), orderId);
  if (record && !isEnded(record.view.stage))
    throw new Problem('illegal-transition', RECORD_BEHIND, { extensions: { orderId } });
}

/** Temporal knows an order that the books have lost: only its history can put it on record. */
async function refuseIfLost({ deps, orderId }: Intervening): Promise<void> {
  if (!(await deps.gateway.health.work(orderId))) return;
  throw new Problem('illegal-transition', LOST, { extensions: { orderId } });
}

const LOST =
  'The order is not on record, and Temporal knows its workflow, as after a restore of the database to an older moment: ' +
  '`npm run ops -- resume ORDER` puts it on record from its history. Then repeat this.';

function startOf({ deps, requestId }: Intervening): StartAgain {
  return (input) => deps.gateway.resume(input, requestId);
}

async function acknowledge(intervening: Intervening): Promise<InterventionReply> {
  const { deps, orderId } = intervening;
  return answerRecord(intervening, await acknowledgeOrder(deps.orm, orderId, decidedBy(intervening)));
}

async function sendIntervention(intervening: Intervening, message: InterveneMessage): Promise<InterventionReply> {
  const { deps, orderId, party } = intervening;
  const answer = await deps.gateway
    .update(orderId, interveneUpdate, message, updateIdOf(message))
    .catch((error: unknown) => explainNoAnswer(deps, party, orderId, error));
  const record = await readIfPossible(deps, orderId);
  if (answer === 'closed') return withoutWorkflow(intervening, message, record);
  refuseIfRefused(answer, record ?? undefined);
  if (record) return { status: 200, body: await orderJson(record, party, deps) };
  const stage = answer.ok ? answer.stage : 'requested';
  return { status: 200, body: { id: orderId, stage, attention: null, charge: null, links: linksOf(orderId, deps) } };
}

/**
 * An order is aborted once: whoever repeats it because the first answer was lost gets that answer. Every other intervention
 * is a decision of its own.
 */
function updateIdOf({ action, actor, reason }: InterveneMessage): string {
  if (action !== 'abort') return randomUUID();
  return createHash('sha256')
    .update(JSON.stringify([action, actor, reason]))
    .digest('base64url');
}

/** No workflow takes the message: what can be done from the row is done. */
async function withoutWorkflow(
  intervening: Intervening,
  { action }: InterveneMessage,
  record: OrderRecord | undefined | null,
): Promise<InterventionReply> {
  const { deps, orderId } = intervening;
  if (record === undefined) {
    await refuseIfLost(intervening);
    throw notFound();
  }
  if (record && isEnded(record.view.stage)) refuseIfRefused('closed', record);
  if (action !== 'abort') {
    const detail = `No workflow works on the order, so there is nothing to ${action}: resume it, or abort it.`;
    throw new Problem('illegal-transition', detail, { extensions: { orderId } });
  }
  const workflowState = () => deps.gateway.health.status(orderId);
  const aborted = await abortFromRow(deps.orm, orderId, decidedBy(intervening), workflowState);
  if (aborted.ok) await tellServers(intervening);
  return answerRecord(intervening, aborted);
}

/** The order has ended whether or not Temporal answers now: the comparison of the books finds whom nobody told, and `resume` does it. */
async function tellServers(intervening: Intervening): Promise<void> {
  const { deps, orderId } = intervening;
  await notifyOfEnd(deps.orm, orderId, startOf(intervening)).catch((error: unknown) => {
    deps.logger.warn({ err: error, orderId }, "the parties' own servers are not told yet that the order was aborted");
  });
}

const PROBLEM_OF: Record<InterventionRefusalCode, ProblemSlug> = {
  'order-not-found': 'not-found',
  ended: 'illegal-transition',
  delivered: 'illegal-transition',
  running: 'illegal-transition',
  behind: 'illegal-transition',
  'request-not-on-record': 'illegal-transition',
  'not-ended': 'illegal-transition',
  'nothing-to-do': 'illegal-transition',
};

async function answerRecord(
  { deps, party, orderId }: Intervening,
  outcome: Outcome<Stage, InterventionRefusalCode>,
): Promise<InterventionReply> {
  if (!outcome.ok) {
    const problem = PROBLEM_OF[outcome.code];
    throw problem === 'not-found' ? notFound() : new Problem(problem, outcome.detail, { extensions: { orderId } });
  }
  const record = await readOrder(deps.orm.em.fork(), orderId);
  if (!record) throw notFound();
  return { status: 200, body: await orderJson(record, party, deps) };
}

function decidedBy({ party, reason }: Intervening) {
  return { actor: party.id, reason };
}

/** `undefined`: there is no row; `null`: the database cannot be read just now. */
async function readIfPossible(deps: ApiDeps, orderId: OrderId): Promise<OrderRecord | undefined | null> {
  try {
    return await readOrder(deps.orm.em.fork(), orderId);
  } catch (error) {
    if (isOutage(error)) return null;
    throw error;
  }
}

function notFound(): Problem {
  return new Problem('not-found', 'There is no such order.');
}
