import type { z } from 'zod';
import {
  type OrderRecord,
  type RefundRefusalCode,
  readOrder,
  refundOrder as refundInBooks,
} from '../../office/orders/index.ts';
import { accept, refuse } from '../../workflows/messages/definitions.ts';
import type { Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Json } from '../http/endpoint.ts';
import { valueOf } from '../http/problem.ts';
import type { ProblemSlug } from '../http/problems.ts';
import { noBody, refundedOrder, refundRequest, withReason } from './action-schemas.ts';
import { orderJson } from './json.ts';
import { order as orderSchema, orderParams } from './schema.ts';
import { sendUpdate } from './send-update.ts';

const tag = 'Seller';
const responses = { 200: { description: 'The order as it now stands.', schema: orderSchema } };

export const acceptOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/acceptance',
  operationId: 'acceptOrder',
  tag,
  summary: 'Promise the distribution, after the e-check was found valid',
  params: orderParams,
  body: noBody,
  bodyOptional: true,
  responses,
  problems: ['illegal-transition', 'echeck-invalid', 'party-suspended'],
  answer: ({ order, party }, deps) =>
    sendUpdate(deps, { order, party, update: accept, message: { actor: party.id }, request: {} }),
});

export const refuseOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/refusal',
  operationId: 'refuseOrder',
  tag,
  summary: 'Refuse the order',
  params: orderParams,
  body: withReason,
  responses,
  problems: ['illegal-transition'],
  answer: ({ order, party, body: { reason } }, deps) =>
    sendUpdate(deps, { order, party, update: refuse, message: { actor: party.id, reason }, request: reason }),
});

export const refundOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/refund',
  operationId: 'refundOrder',
  tag,
  summary: 'Give back what was settled, in full or in part',
  idempotent: true,
  params: orderParams,
  body: refundRequest,
  responses: { 200: { description: 'The order, and what this refund gave back.', schema: refundedOrder } },
  problems: ['refund-exceeds-settled', 'insufficient-funds', 'account-conflict', 'idempotency-key-reused'],
  answer: ({ order, party, idempotencyKey, body }, deps) => refund(deps, { order, party, idempotencyKey, ...body }),
});

interface RefundReply {
  readonly status: 200;
  readonly body: Json<typeof refundedOrder>;
}

interface Refund extends z.output<typeof refundRequest> {
  readonly order: OrderRecord;
  readonly party: Party;
  readonly idempotencyKey: string;
}

const PROBLEM_OF: Record<RefundRefusalCode, ProblemSlug> = {
  'order-not-found': 'not-found',
  'refund-exceeds-settled': 'refund-exceeds-settled',
  'currency-mismatch': 'account-conflict',
  'seller-lacks-funds': 'insufficient-funds',
  'account-closed': 'account-conflict',
  'idempotency-key-reused': 'idempotency-key-reused',
};

/** Refunds in the ledger and answers the order with what was given back. A key belongs to the party that uses it. */
async function refund(deps: ApiDeps, { order, party, idempotencyKey, amount, reason }: Refund): Promise<RefundReply> {
  const orderId = order.view.id;
  // An operator that has the seller's id is another party; everybody else is told apart by the id.
  const whose = party.role === 'operator' && party.id === order.view.sellerId ? `operator:${party.id}` : party.id;
  const key = `${whose}:${idempotencyKey}`;
  const outcome = await refundInBooks(deps.orm, { orderId, amount, reason, actor: party.id, key });
  const { refunded, refundedInAll } = valueOf(outcome, PROBLEM_OF, { extensions: { orderId } });
  const after = (await readOrder(deps.orm.em.fork(), orderId)) ?? order;
  const body = { ...(await orderJson(after, party, deps)), refund: { amount: refunded, total: refundedInAll } };
  return { status: 200, body };
}
