import { z } from 'zod';
import * as registry from '../../office/registry/index.ts';
import { registryCursor } from '../http/cursor.ts';
import { endpoint } from '../http/endpoint.ts';
import { Problem, valueOf } from '../http/problem.ts';
import { partyId } from '../http/parsing.ts';
import { notifyWaitingOrders } from './notify-orders.ts';
import {
  commodityList,
  distributorList,
  distributorPage,
  distributorRegistration,
  registeredDistributor,
  registeredSeller,
  registryQuery,
  sellerList,
  sellerPage,
  sellerRegistration,
  wholeSeller,
} from './schema.ts';

const tag = 'Registry';

export const listSellers = endpoint({
  method: 'get',
  path: '/v1/sellers',
  operationId: 'listSellers',
  tag,
  summary: 'List the registered sellers',
  responses: { 200: { description: 'Sellers.', schema: sellerList } },
  answer: async (_call, { orm }) => ({ status: 200, body: { data: await registry.listActiveSellers(orm.em.fork()) } }),
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
    const data = found(await registry.listOffers(orm.em.fork(), params.sellerId), 'seller');
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
    body: { data: await registry.listActiveDistributors(orm.em.fork()) },
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
    const outcome = await registry.putSeller(deps.orm, { id: params.sellerId, ...body });
    const registered = valueOf(outcome, {
      'currency-mismatch': 'account-conflict',
      'account-exists': 'account-conflict',
    });
    notifyWaitingOrders(deps, { sellerId: params.sellerId });
    return { status: 200, body: registered };
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
    const outcome = await registry.putDistributor(deps.orm, { id: params.distributorId, ...body });
    const errors = [{ pointer: '/terms', detail: 'is required for a new distributor' }];
    const registered = valueOf(outcome, { 'terms-required': 'invalid-request' }, { extensions: { errors } });
    notifyWaitingOrders(deps, { distributorId: params.distributorId });
    return { status: 200, body: registered };
  },
});

export const listSellerRegistrations = endpoint({
  method: 'get',
  path: '/v1/registry/sellers',
  operationId: 'listSellerRegistrations',
  tag,
  summary: "List every seller's registration by id, also of suspended ones",
  query: registryQuery,
  responses: { 200: { description: 'A page of registrations.', schema: sellerPage } },
  answer: async ({ query }, { orm }) => ({
    status: 200,
    body: await registryPage(query, (page) => registry.listSellers(orm.em.fork(), page)),
  }),
});

export const getSellerRegistration = endpoint({
  method: 'get',
  path: '/v1/registry/sellers/{sellerId}',
  operationId: 'getSellerRegistration',
  tag,
  summary: "Read a seller's registration with all its offers, as a PUT would say them",
  params: z.object({ sellerId: partyId }),
  responses: { 200: { description: 'The registration.', schema: wholeSeller } },
  answer: async ({ params }, { orm }) => ({
    status: 200,
    body: found(await registry.readSeller(orm.em.fork(), params.sellerId), 'seller'),
  }),
});

export const listDistributorRegistrations = endpoint({
  method: 'get',
  path: '/v1/registry/distributors',
  operationId: 'listDistributorRegistrations',
  tag,
  summary: "List every distributor's registration by id, also of suspended ones",
  query: registryQuery,
  responses: { 200: { description: 'A page of registrations.', schema: distributorPage } },
  answer: async ({ query }, { orm }) => ({
    status: 200,
    body: await registryPage(query, (page) => registry.listDistributors(orm.em.fork(), page)),
  }),
});

export const getDistributorRegistration = endpoint({
  method: 'get',
  path: '/v1/registry/distributors/{distributorId}',
  operationId: 'getDistributorRegistration',
  tag,
  summary: "Read a distributor's registration with its terms",
  params: z.object({ distributorId: partyId }),
  responses: { 200: { description: 'The registration.', schema: registeredDistributor } },
  answer: async ({ params }, { orm }) => ({
    status: 200,
    body: found(await registry.readDistributor(orm.em.fork(), params.distributorId), 'distributor'),
  }),
});

/** A page of either registry: one more is read than is shown, which tells whether there is a next page. */
async function registryPage<Party extends { readonly id: string }>(
  { limit, cursor }: z.output<typeof registryQuery>,
  read: (page: registry.RegistryPage) => Promise<readonly Party[]>,
) {
  const parties = await read({ limit, after: registryCursor.read(cursor)?.id });
  const data = parties.slice(0, limit);
  return { data, nextCursor: registryCursor.print(parties.length > limit ? data.at(-1) : undefined) };
}

function found<Item>(item: Item | undefined, what: string): Item {
  if (item === undefined) throw new Problem('not-found', `There is no such registered ${what}.`);
  return item;
}
