import { z } from 'zod';
import { accept, refuse } from '../../workflows/messages/definitions.ts';
import { endpoint } from '../http/endpoint.ts';
import { noBody, refundedOrder, refundRequest, withReason } from './action-schemas.ts';
import { orderId } from '../http/schemas.ts';
import { order as orderSchema } from './schema.ts';
import { refund } from './refund.ts';
import { sendUpdate } from './send-update.ts';

const tag = 'Seller';
const params = z.object({ orderId });
const responses = { 200: { description: 'The order as it now stands.', schema: orderSchema } };

export const acceptOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/acceptance',
  operationId: 'acceptOrder',
  tag,
  summary: 'Promise the distribution, after the e-check was found valid',
  params,
  body: noBody,
  bodyOptional: true,
  responses,
  problems: ['illegal-transition', 'echeck-invalid'],
  answer: ({ order, party }, deps) =>
    sendUpdate(deps, { order, party, update: accept, message: { actor: party.id }, said: {} }),
});

export const refuseOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/refusal',
  operationId: 'refuseOrder',
  tag,
  summary: 'Refuse the order',
  params,
  body: withReason,
  responses,
  problems: ['illegal-transition'],
  answer: ({ order, party, body: { reason } }, deps) =>
    sendUpdate(deps, { order, party, update: refuse, message: { actor: party.id, reason }, said: reason }),
});

export const refundOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/refund',
  operationId: 'refundOrder',
  tag,
  summary: 'Give back what was settled, in full or in part',
  idempotent: true,
  params,
  body: refundRequest,
  responses: { 200: { description: 'The order, and what this refund gave back.', schema: refundedOrder } },
  problems: ['refund-exceeds-settled', 'insufficient-funds', 'account-conflict', 'idempotency-key-reused'],
  answer: ({ order, party, idempotencyKey, body }, deps) => refund(deps, { order, party, idempotencyKey, ...body }),
});
