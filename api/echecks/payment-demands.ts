import { createHash } from 'node:crypto';
import { z } from 'zod';
import { moneyToJson } from '../../domain/money.ts';
import { isEnded, PAYMENT_STATUSES, wasPaid } from '../../domain/order.ts';
import { judgeDemand, type RegisteredCheck } from '../../office/checks/index.ts';
import {
  countRemovedHindrances,
  isCompletionOnRecord,
  readOrder,
  type OrderRecord,
} from '../../office/orders/index.ts';
import { demandPayment as demandUpdate } from '../../workflows/messages/definitions.ts';
import type { Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Json } from '../http/endpoint.ts';
import { checkNumber, compactJws, money, orderId, text } from '../http/parsing.ts';
import { Problem } from '../http/problem.ts';
import { noteOrder } from '../http/request-log.ts';
import { onceCaughtUp } from '../orders/caught-up.ts';
import { explainNoAnswer, refuseIfRefused } from '../orders/send-update.ts';

const request = z
  .strictObject({
    echeck: compactJws,
    reference: text(200)
      .optional()
      .meta({ description: "The seller's own, for its books; on record with the demand." }),
  })
  .meta({ id: 'PaymentDemandRequest', example: { echeck: 'eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiJjaGVjayJ9.c2lnbmF0dXJl' } });

const demanded = z
  .object({
    number: checkNumber,
    orderId,
    amount: money,
    status: z.enum(PAYMENT_STATUSES).meta({ description: 'What has become of the payment: settled.' }),
  })
  .meta({ id: 'PaymentDemand' });

export const demandPayment = endpoint({
  method: 'post',
  path: '/v1/payment-demands',
  operationId: 'demandPayment',
  tag: 'E-checks',
  summary: "Demand an order's payment on its e-check, as its payee",
  description:
    'With `settleOn: notice` after the acceptance notice, with `settleOn: delivery` once the check office has its own record of the ' +
    'completion; earlier it is 409. A seller whose registration says `paymentDemand: own` is paid on its demand alone; for the others ' +
    'the office demands in their name, and a demand of theirs finds the payment. It is paid once, however often it is demanded.',
  body: request,
  responses: {
    201: { description: 'Demanded, and paid.', schema: demanded },
    200: { description: 'It was paid before.', schema: demanded },
  },
  problems: ['illegal-transition', 'echeck-invalid', 'party-suspended'],
  answer: async ({ body, party }, deps) => {
    const check = await demandable(deps, party, body.echeck);
    const order = await recordOf(deps, check);
    if (wasPaid(order.view.payment.status)) return { status: 200, body: answerOf(check, order) };
    await refuseIfEarly(deps, check, order);
    return { status: 201, body: answerOf(check, await demand(deps, { ...body, party, check, order })) };
  },
});

/** The very check of the register, made out to this seller; anything else is refused with its reason. */
async function demandable(deps: ApiDeps, party: Party, jws: string): Promise<RegisteredCheck> {
  const verdict = await judgeDemand(deps.orm.em.fork(), deps.signing, { jws, sellerId: party.id });
  if (verdict.valid) return verdict.check;
  const { reason } = verdict;
  throw new Problem('echeck-invalid', `The check office pays nothing on this check: ${reason}.`, {
    extensions: { reason },
  });
}

async function recordOf({ orm }: ApiDeps, check: RegisteredCheck): Promise<OrderRecord> {
  noteOrder(check.orderId);
  const order = await readOrder(orm.em.fork(), check.orderId);
  if (!order) throw new Error(`the order of check ${check.number} is not on record`);
  return order;
}

function answerOf(check: RegisteredCheck, { view }: OrderRecord): Json<typeof demanded> {
  return {
    number: check.number,
    orderId: check.orderId,
    amount: moneyToJson(check.amount),
    status: view.payment.status,
  };
}

/** Before the notice nothing is owed (claim 5); after it, where that was settled, the completion releases the payment (claim 23). */
async function refuseIfEarly({ orm }: ApiDeps, check: RegisteredCheck, { view }: OrderRecord): Promise<void> {
  const extensions = { orderId: check.orderId };
  if (check.status !== 'accepted') {
    // Without the stage: before the presentation there is no such order for the seller.
    const detail = 'The check is not accepted: the payment is demanded after the acceptance notice.';
    throw new Problem('illegal-transition', detail, { extensions });
  }
  if (view.settleOn === 'notice' || (await isCompletionOnRecord(orm.em.fork(), check.orderId))) return;
  const detail = `The order is ${view.stage} and paid on delivery: the check office has no record of the completion yet.`;
  throw new Problem('illegal-transition', detail, { extensions });
}

interface Demand {
  readonly party: Party;
  readonly echeck: string;
  readonly reference?: string;
  readonly check: RegisteredCheck;
  readonly order: OrderRecord;
}

/** Has the order's workflow pay. It is paid when this returns; whatever else has become of the order throws its problem. */
async function demand(deps: ApiDeps, { party, echeck, reference, check, order }: Demand): Promise<OrderRecord> {
  const { orderId: id } = check;
  const lifted = await countRemovedHindrances(deps.orm.em.fork(), id);
  const updateId = createHash('sha256')
    .update(JSON.stringify([demandUpdate.name, check.number, lifted]))
    .digest('base64url');
  const send = () => deps.gateway.update(id, demandUpdate, { actor: party.id, echeck, reference }, updateId);
  const answer = await onceCaughtUp(order.view, send).catch((error: unknown) =>
    explainNoAnswer(deps, party, id, error),
  );
  const now = (await readOrder(deps.orm.em.fork(), id)) ?? order;
  if (wasPaid(now.view.payment.status)) return now;
  if (answer === 'closed' && !isEnded(now.view.stage)) throw standsStill(now);
  refuseIfRefused(answer, now);
  throw new Error(`order ${id} has answered that it is paid, and is not on record as such`);
}

/** No workflow works on the order: the demand is not on record, and nothing is paid. */
function standsStill({ view }: OrderRecord): Problem {
  const detail =
    `The order stands still at ${view.stage}: an operator looks after it. Nothing was paid, and the demand is not on record: ` +
    'repeat the same request later.';
  return new Problem('service-unavailable', detail, {
    headers: { 'Retry-After': '10' },
    extensions: { orderId: view.id },
  });
}
