import { z } from 'zod';
import { readMoneyTrace } from '../../office/ledger/index.ts';
import { mayKnowPersonal } from '../../domain/need-to-know.ts';
import { projectEvent } from '../../domain/need-to-know-events.ts';
import { openEvent, readTimeline, type OrderRecord } from '../../office/orders/index.ts';
import type { Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { timeline } from '../events/schema.ts';
import { attentionPage, ordersPage } from './lists.ts';
import { endpoint } from '../http/endpoint.ts';
import { orderJson } from './json.ts';
import { givenInstant, paging, partyId } from '../http/parsing.ts';
import { asWatched } from './watched.ts';
import { moneyTrace, order, orderPage, orderParams, stage } from './schema.ts';

const tag = 'Orders';

export const getOrder = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}',
  operationId: 'getOrder',
  tag,
  summary: 'Read an order',
  params: orderParams,
  responses: { 200: { description: 'The order.', schema: order } },
  answer: async ({ order: found, party }, deps) => ({
    status: 200,
    body: await orderJson(await asWatched(found, party, deps), party, deps),
  }),
});

export const listOrders = endpoint({
  method: 'get',
  path: '/v1/orders',
  operationId: 'listOrders',
  tag,
  summary: 'List orders, newest first',
  description:
    'A party sees its own, as far as they exist for it: a seller from the presentation of the e-check on, a distributor from its ' +
    'instruction on. Each filter narrows that further. `attention=true` (operators) lists what needs a person, as Temporal knows it.',
  query: z.strictObject({
    stage: stage.optional(),
    buyerId: partyId.optional(),
    sellerId: partyId.optional(),
    distributorId: partyId.optional(),
    createdAfter: givenInstant.optional().meta({ description: 'Only orders created after this moment.' }),
    createdBefore: givenInstant.optional().meta({ description: 'Only orders created before this moment.' }),
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
  description:
    'Each party sees the events that concern it, with what of them it may know; whoever acts for the check office shows as ' +
    '`check-office`. Members that are withheld and would say who lives or received where are `null`.',
  responses: { 200: { description: 'Every event that the party may know, oldest first.', schema: timeline } },
  answer: async ({ order: found, party }, deps) => ({
    status: 200,
    body: { data: await timelineFor(deps, party, found) },
  }),
});

async function timelineFor({ orm, sealer, clock }: ApiDeps, { role }: Party, { view, endedAt }: OrderRecord) {
  const { buyerId: buyer, sellerId: seller, distributorId: distributor } = view;
  const viewer = {
    role,
    parties: { buyer, seller, distributor },
    personal: mayKnowPersonal(role, endedAt, clock()),
  };
  const all = await readTimeline(orm.em.fork(), view.id);
  const shown = all.map((event) => projectEvent(event, viewer)).filter((event) => event !== undefined);
  return Promise.all(shown.map(async (event) => ({ orderId: view.id, ...(await openEvent(sealer, event)) })));
}

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
