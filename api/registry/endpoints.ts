import { z } from 'zod';
import { listActiveDistributors, listActiveSellers, listOffers } from '../../office/registry/offers.ts';
import { putDistributor, putSeller } from '../../office/registry/changes.ts';
import { endpoint } from '../http/endpoint.ts';
import { tellWaitingOrders } from './news.ts';
import { Problem } from '../http/problem.ts';
import { partyId } from '../http/schemas.ts';
import {
  commodityList,
  distributorList,
  distributorRegistration,
  registeredDistributor,
  registeredSeller,
  sellerList,
  sellerRegistration,
} from './schema.ts';

const tag = 'Registry';

export const listSellers = endpoint({
  method: 'get',
  path: '/v1/sellers',
  operationId: 'listSellers',
  tag,
  summary: 'List the registered sellers',
  responses: { 200: { description: 'Sellers.', schema: sellerList } },
  answer: async (_call, { orm }) => ({ status: 200, body: { data: await listActiveSellers(orm.em.fork()) } }),
});

export const listCommodities = endpoint({
  method: 'get',
  path: '/v1/sellers/{sellerId}/commodities',
  operationId: 'listCommodities',
  tag,
  summary: 'List what a seller offers, at its charges of this moment',
  params: z.object({ sellerId: partyId }),
  responses: { 200: { description: 'Commodities.', schema: commodityList } },
  answer: async ({ params }, { orm }) => {
    const data = await listOffers(orm.em.fork(), params.sellerId);
    if (!data) throw new Problem('not-found', 'There is no such registered seller.');
    return { status: 200, body: { data } };
  },
});

export const listDistributors = endpoint({
  method: 'get',
  path: '/v1/distributors',
  operationId: 'listDistributors',
  tag,
  summary: 'List the registered distributors',
  responses: { 200: { description: 'Distributors.', schema: distributorList } },
  answer: async (_call, { orm }) => ({
    status: 200,
    body: { data: await listActiveDistributors(orm.em.fork()) },
  }),
});

export const registerSeller = endpoint({
  method: 'put',
  path: '/v1/registry/sellers/{sellerId}',
  operationId: 'registerSeller',
  tag,
  summary: 'Register a seller, or change or suspend one',
  params: z.object({ sellerId: partyId }),
  body: sellerRegistration,
  responses: { 200: { description: 'The registration.', schema: registeredSeller } },
  problems: ['account-conflict'],
  answer: async ({ params, body }, deps) => {
    const outcome = await putSeller(deps.orm, { id: params.sellerId, ...body });
    if (!outcome.ok) throw new Problem('account-conflict', `${outcome.detail}.`);
    tellWaitingOrders(deps, { sellerId: params.sellerId });
    return { status: 200, body: { ...outcome.value, feeBasisPoints: outcome.value.feeBasisPoints ?? 0 } };
  },
});

export const registerDistributor = endpoint({
  method: 'put',
  path: '/v1/registry/distributors/{distributorId}',
  operationId: 'registerDistributor',
  tag,
  summary: 'Register a distributor, or change or suspend one',
  params: z.object({ distributorId: partyId }),
  body: distributorRegistration,
  responses: { 200: { description: 'The registration.', schema: registeredDistributor } },
  answer: async ({ params, body }, deps) => {
    const outcome = await putDistributor(deps.orm, { id: params.distributorId, ...body });
    if (outcome.ok) {
      tellWaitingOrders(deps, { distributorId: params.distributorId });
      return { status: 200, body: outcome.value };
    }
    throw new Problem('invalid-request', `${outcome.detail}.`, {
      extensions: { errors: [{ pointer: '/terms', detail: 'is required for a new distributor' }] },
    });
  },
});
