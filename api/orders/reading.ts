import { z } from 'zod';
import { readMoneyTrace } from '../../office/ledger/index.ts';
import { readTimeline } from '../../office/orders/index.ts';
import { attentionPage, ordersPage } from './lists.ts';
import { endpoint } from '../http/endpoint.ts';
import { orderJson } from './json.ts';
import { paging, partyId } from '../http/parsing.ts';
import { moneyTrace, order, orderPage, orderParams, stage, timeline } from './schema.ts';

const tag = 'Orders';

export const getOrder = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}',
  operationId: 'getOrder',
  tag,
  summary: 'Read an order',
  params: orderParams,
  responses: { 200: { description: 'The order.', schema: order } },
  answer: async ({ order: { view }, party }, { sealer }) => ({
    status: 200,
    body: await orderJson(view, party, sealer),
  }),
});

export const listOrders = endpoint({
  method: 'get',
  path: '/v1/orders',
  operationId: 'listOrders',
  tag,
  summary: 'List orders, newest first',
  description: 'A party sees its own. `attention=true` (operators) lists what needs a person, as Temporal knows it.',
  query: z.strictObject({
    stage: stage.optional(),
    sellerId: partyId.optional(),
    attention: z.enum(['true', 'false']).optional(),
    ...paging,
  }),
  responses: { 200: { description: 'A page of orders.', schema: orderPage } },
  answer: async ({ query, party }, deps) => {
    const page = query.attention === 'true' ? attentionPage : ordersPage;
    return { status: 200, body: await page(deps, party, query) };
  },
});

export const getOrderTimeline = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}/timeline',
  operationId: 'getOrderTimeline',
  tag,
  summary: 'What happened to an order, when, by whom',
  params: orderParams,
  responses: { 200: { description: 'Every event, oldest first.', schema: timeline } },
  answer: async ({ order: { view } }, { orm }) => ({
    status: 200,
    body: { data: await readTimeline(orm.em.fork(), view.id) },
  }),
});

export const getOrderMoney = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}/money',
  operationId: 'getOrderMoney',
  tag,
  summary: 'Every ledger entry of an order, and the proof that it nets to zero',
  params: orderParams,
  responses: { 200: { description: 'The money trace.', schema: moneyTrace } },
  answer: async ({ order: { view }, party }, { orm }) => ({
    status: 200,
    // A party sees the balances of its own account only.
    body: await readMoneyTrace(orm, view.id, party.role === 'operator' ? undefined : party.id),
  }),
});
