import { createHash } from 'node:crypto';
import type { UpdateDefinition } from '@temporalio/common';
import { parseOrderId } from '../../domain/ids.ts';
import { countRefusedPresentations, readOrder, type OrderRecord } from '../../office/orders/reading.ts';
import type { Answer } from '../../workflows/messages/definitions.ts';
import { isEnded } from '../../domain/stages.ts';
import type { Party } from '../auth/party.ts';
import type { ApiDeps } from '../deps.ts';
import type { Reply } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { orderJson } from './json.ts';
import { whyUnanswered } from './unanswered.ts';

interface Telling<Message> {
  readonly order: OrderRecord;
  readonly party: Party;
  readonly update: UpdateDefinition<Answer, [Message]>;
  readonly message: Message;
  /** The request's body: the same of the same party is the same message, and gets the same answer. */
  readonly said: unknown;
}

/** Hands a party's message to the order's workflow and answers with the order as it then stands. */
export async function sendUpdate<Message>(deps: ApiDeps, telling: Telling<Message>): Promise<Reply> {
  const { order, party, update, message } = telling;
  const orderId = parseOrderId(order.view.id);
  if (!orderId) throw new Error(`the row of ${order.view.id} has no order id`);
  const updateId = await updateIdOf(deps, telling);
  const answer = await deps.gateway
    .tell(orderId, update, message, updateId)
    .catch((error: unknown) => whyUnanswered(deps, party, orderId, error));
  // The order may have been decided about since it was read.
  refuseIfRefused(answer, answer === 'closed' ? ((await readOrder(deps.orm.em.fork(), orderId)) ?? order) : order);
  const after = (await readOrder(deps.orm.em.fork(), orderId)) ?? order;
  return { status: 200, body: await orderJson(after.view, party, deps.sealer) };
}

/**
 * Repetitions share their id. A refused presentation is the one answer that is kept and may yet change (an account that
 * was frozen is opened again), so the refusals that are on record count, too.
 */
async function updateIdOf<Message>(deps: ApiDeps, { order, party, update, said }: Telling<Message>): Promise<string> {
  const refused = update.name === 'present' ? await countRefusedPresentations(deps.orm.em.fork(), order.view.id) : 0;
  return createHash('sha256')
    .update(JSON.stringify([update.name, party.id, said, refused]))
    .digest('base64url');
}

/** Throws the problem of an answer that is a refusal. */
export function refuseIfRefused(answer: Answer | 'closed', order?: OrderRecord): void {
  if (answer !== 'closed' && answer.ok) return;
  const orderId = order && { orderId: order.view.id };
  if (answer === 'closed') throw new Problem('illegal-transition', closedWords(order), { extensions: { ...orderId } });
  const reason = answer.problem === 'echeck-invalid' && { reason: answer.reason };
  throw new Problem(answer.problem, answer.detail, { extensions: { ...reason, ...orderId } });
}

/** No workflow takes the message. What was decided before on the order's row is carried out once one runs again. */
function closedWords(order: OrderRecord | undefined): string {
  if (!order) return 'The order has ended: nothing can be done to it any more.';
  const { stage } = order.view;
  if (isEnded(stage)) return `The order has ended (${stage}): nothing can be done to it any more.`;
  const { ending } = order;
  if (!ending) return `The order stands still at ${stage}: an operator looks after it. Nothing was done.`;
  return (
    `The order stands still at ${stage}, and it is decided that it ends as ${ending.stage}: ` +
    'it does so when an operator has resumed it. Nothing else was done.'
  );
}
