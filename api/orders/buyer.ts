import { cancel, indicatePayment, present } from '../../workflows/messages/definitions.ts';
import { formatMoney, isSameMoney, moneyFromJson, type MoneyJson } from '../../domain/money.ts';
import type { OrderView } from '../../domain/order.ts';
import { resealAddress } from '../../office/orders/index.ts';
import type { PresentMessage } from '../../workflows/messages/schemas.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { paymentIndication, presentation, type PresentationRequest, withReason } from './action-schemas.ts';
import { MOST_ORDER_BYTES, order as orderSchema, orderParams } from './schema.ts';
import { sendUpdate } from './send-update.ts';

const tag = 'Buyer';
const responses = { 200: { description: 'The order as it now stands.', schema: orderSchema } };

export const presentCheck = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/presentation',
  operationId: 'presentCheck',
  tag,
  summary: 'Present the e-check, with the order and the address, to the seller',
  params: orderParams,
  body: presentation,
  maxBodyBytes: MOST_ORDER_BYTES,
  responses,
  problems: ['illegal-transition', 'echeck-invalid'],
  answer: async ({ order, party, body }, deps) => {
    const message = { actor: party.id, ...(await presentedAs(body, order.view, deps)) };
    return sendUpdate(deps, { order, party, update: present, message, request: body });
  },
});

/** What is personal in it travels sealed: the address, or all of what a bound terminal has signed. */
async function presentedAs(
  body: PresentationRequest,
  { buyerId, deliverToSealed: sealed }: OrderView,
  { sealer }: ApiDeps,
): Promise<Omit<PresentMessage, 'actor'>> {
  if ('presentation' in body) return { presentationSealed: await sealer.seal(buyerId, body.presentation) };
  const { echeck, lines, deliverTo } = body;
  return { echeck, lines, deliverToSealed: await resealAddress(sealer, buyerId, sealed, deliverTo) };
}

export const indicatePaymentOfOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/payment-indication',
  operationId: 'indicatePayment',
  tag,
  summary: 'Indicate the payment to the seller, after its notice',
  params: orderParams,
  body: paymentIndication,
  bodyOptional: true,
  responses,
  problems: ['illegal-transition', 'amount-differs'],
  answer: ({ order, party, body }, deps) => {
    refuseOtherAmount(order.view.charge, body.amount);
    return sendUpdate(deps, { order, party, update: indicatePayment, message: { actor: party.id }, request: {} });
  },
});

/** The indication is of the payment of the charge (claim 4): of nothing more, nothing less. */
function refuseOtherAmount(charge: MoneyJson | null, amount: MoneyJson | undefined): void {
  if (!amount || !charge || isSameMoney(amount, charge)) return;
  const [asked, owed] = [amount, charge].map((money) => formatMoney(moneyFromJson(money)));
  const detail = `The charge is ${owed}, not ${asked}: indicate the charge, or leave the amount out.`;
  throw new Problem('amount-differs', detail, { extensions: { charge } });
}

export const cancelOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/cancellation',
  operationId: 'cancelOrder',
  tag,
  summary: 'Cancel the order, while that is still possible',
  params: orderParams,
  body: withReason,
  responses,
  problems: ['illegal-transition'],
  answer: ({ order, party, body: { reason } }, deps) => {
    const message = { actor: party.id, role: party.role, reason };
    return sendUpdate(deps, { order, party, update: cancel, message, request: reason });
  },
});
