import { endpoint } from '../http/endpoint.ts';
import { orderJson } from './json.ts';
import { placeOrder } from './place-order.ts';
import { order, orderRequest } from './schema.ts';

const location = { Location: 'Where the order can be read.' };

export const createOrder = endpoint({
  method: 'post',
  path: '/v1/orders',
  operationId: 'createOrder',
  tag: 'Orders',
  summary: 'Order commodities and get the e-check',
  description:
    'Answers as soon as credit, seller and distributor are judged and the e-check is issued. The same Idempotency-Key with ' +
    'the same body is permanently the same order. 202 means: safely taken, not decided yet; read the order or its events.',
  idempotent: true,
  body: orderRequest,
  responses: {
    201: { description: 'The order with its e-check.', schema: order, headers: location },
    202: { description: 'Taken, not decided yet.', schema: order, headers: { ...location, 'Retry-After': 'Seconds.' } },
  },
  problems: [
    'credit-declined',
    'seller-not-registered',
    'distributor-not-registered',
    'unknown-commodity',
    'price-changed',
    'idempotency-key-reused',
  ],
  answer: async ({ party, idempotencyKey: key, body, requestId }, deps) => {
    const { view, decided } = await placeOrder(deps, { party, key, body, requestId });
    const json = await orderJson(view, party, deps.sealer);
    const headers = { Location: json.links.self };
    return decided
      ? { status: 201, body: json, headers }
      : { status: 202, body: json, headers: { ...headers, 'Retry-After': '1' } };
  },
});
