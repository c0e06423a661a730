import { createHash } from 'node:crypto';
import { isGrpcDeadlineError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import type { OrderId } from '../../domain/ids.ts';
import { isEnded } from '../../domain/order.ts';
import {
  type OrderRecord,
  countRemovedHindrances,
  countRefusedPresentations,
  readOrder,
} from '../../office/orders/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import type { OwnAttention } from '../../platform/order-health/health.ts';
import type { Answer } from '../../workflows/messages/definitions.ts';
import type { Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { isOutage } from '../http/outage.ts';
import { Problem } from '../http/problem.ts';
import { onceCaughtUp } from './caught-up.ts';
import { orderJson } from './json.ts';
import type { OrderJson } from './schema.ts';

interface OrderUpdate<Message> {
  readonly order: OrderRecord;
  readonly party: Party;
  readonly update: UpdateDefinition<Answer, [Message]>;
  readonly message: Message;
  /** The request's body: the same of the same party is the same message, and gets the same answer. */
  readonly request: unknown;
}

/** The order as it then stands. */
export interface OrderReply {
  readonly status: 200;
  readonly body: OrderJson;
}

/** Hands a party's message to the order's workflow and answers with the order as it then stands. */
export async function sendUpdate<Message>(deps: ApiDeps, sent: OrderUpdate<Message>): Promise<OrderReply> {
  const { order, party, update, message } = sent;
  const orderId = order.view.id;
  const updateId = await updateIdOf(deps, sent);
  const send = () => deps.gateway.update(orderId, update, message, updateId);
  const answer = await onceCaughtUp(order.view, send).catch((error: unknown) =>
    explainNoAnswer(deps, party, orderId, error),
  );
  // The order may have been decided about since it was read.
  refuseIfRefused(answer, answer === 'closed' ? ((await readOrder(deps.orm.em.fork(), orderId)) ?? order) : order);
  const after = (await readOrder(deps.orm.em.fork(), orderId)) ?? order;
  return { status: 200, body: await orderJson(after, party, deps) };
}

/**
 * Repetitions share their id. Some refusals are kept and may yet change (an account that was frozen is opened again, a
 * suspension is lifted), so what is on record of that counts, too.
 */
async function updateIdOf<Message>(
  deps: ApiDeps,
  { order, party, update, request }: OrderUpdate<Message>,
): Promise<string> {
  const em = deps.orm.em.fork();
  const count = update.name === 'present' ? countRefusedPresentations : countRemovedHindrances;
  const refused = MAY_CHANGE.includes(update.name) ? await count(em, order.view.id) : 0;
  return createHash('sha256')
    .update(JSON.stringify([update.name, party.id, request, refused]))
    .digest('base64url');
}

/** Messages whose refusal is kept, and may be another answer later: the account is opened, the suspension is lifted. */
const MAY_CHANGE: readonly string[] = ['present', 'accept', 'schedule'];

/** Throws the problem of an answer that is a refusal. */
export function refuseIfRefused(answer: Answer | 'closed', order?: OrderRecord): void {
  if (answer !== 'closed' && answer.ok) return;
  const orderId = order && { orderId: order.view.id };
  if (answer === 'closed') throw new Problem('illegal-transition', closedWords(order), { extensions: { ...orderId } });
  const reason = answer.problem === 'echeck-invalid' && { reason: answer.reason };
  const next = answer.problem === 'outside-service' && { nextPossible: answer.nextPossible };
  throw new Problem(answer.problem, answer.detail, { extensions: { ...reason, ...next, ...orderId } });
}

/** No workflow takes the message. What was decided before on the order's row is carried out once one runs again. */
function closedWords(order: OrderRecord | undefined): string {
  if (!order) return 'The order has ended: nothing can be done to it any more.';
  const { stage } = order.view;
  if (isEnded(stage)) return `The order has ended (${stage}): nothing can be done to it any more.`;
  const { ending } = order;
  if (!ending)
    return `The order stood still at ${stage} when this came: an operator looks after it. It may still take effect: read the order before you repeat it.`;
  return (
    `The order stands still at ${stage}, and it is decided that it ends as ${ending.stage}: ` +
    'it does so when an operator has resumed it. Nothing else was done.'
  );
}

const NOTHING_HALF_DONE =
  'It may still hear of this when it can go on: repeat the same request, or read the order. Nothing is half done.';
/** For a party, who can do nothing about it but repeat. */
const NOBODY_WORKS = `No worker can take this order further just now. ${NOTHING_HALF_DONE}`;

/**
 * An order's workflow did not answer: throws why, where Temporal knows it (nobody reads its queue, its code fails, the order
 * itself waits at a step), otherwise the error itself. Operators get the cause.
 */
export async function explainNoAnswer(deps: ApiDeps, party: Party, orderId: OrderId, error: unknown): Promise<never> {
  if (!isOutage(error)) throw error;
  const detail = await reasonFor(deps, party, orderId, isLate(error));
  if (detail === undefined) throw error;
  throw new Problem('service-unavailable', detail, { headers: { 'Retry-After': '10' }, extensions: { orderId } });
}

/** The caller has waited long already: a Temporal that hangs does not say why either. */
const EXPLAIN_MS = 5_000;

/** `undefined` when Temporal cannot say it, which then is what is away. */
async function reasonFor(
  { gateway: { health } }: ApiDeps,
  party: Party,
  orderId: OrderId,
  late: boolean,
): Promise<string | undefined> {
  try {
    const cause = await withinDeadline(health.whyStuck(orderId), EXPLAIN_MS);
    if (cause !== undefined) return party.role === 'operator' ? `${NOBODY_WORKS} The cause: ${cause}.` : NOBODY_WORKS;
    return late ? notYet(party.role === 'operator' ? await health.attention(orderId) : undefined) : undefined;
  } catch {
    return undefined;
  }
}

/** Temporal is there and the order is read: it is the order that waits. What it waits for is for operators. */
function notYet(attention: OwnAttention | undefined): string {
  const why = attention ? `: it waits at its step ${attention.step} (${attention.reason})` : ' in time';
  return `The order has not answered${why}. ${NOTHING_HALF_DONE} Repeat the same request later.`;
}

function isLate(error: unknown): boolean {
  return error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error);
}
