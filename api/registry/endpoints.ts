import { z } from 'zod';
import * as registry from '../../office/registry/index.ts';
import { endpoint } from '../http/endpoint.ts';
import { valueOf, invalidField } from '../http/problem.ts';
import { found, offerPage, pageOfOffers, registryPage, wholeSellerPage } from './pages.ts';
import { partyId, requireFreeId } from '../http/parsing.ts';
import { requireGoodSite, siteMissing } from './site.ts';
import { notifyWaitingOrders } from './notify-orders.ts';
import {
  commodityList,
  distributorList,
  distributorPage,
  distributorRegistration,
  registeredDistributor,
  registeredSeller,
  listQuery,
  offersQuery,
  registryQuery,
  sellerList,
  sellerPage,
  sellerRegistration,
  wholeSeller,
} from './schema.ts';

const tag = 'Registry';
/** 5,000 offers with the longest names, as raw UTF-8. */
const MOST_REGISTRATION_BYTES = 8 * 1024 * 1024;

export const listSellers = endpoint({
  method: 'get',
  path: '/v1/sellers',
  operationId: 'listSellers',
  tag,
  summary: 'List the registered sellers',
  query: listQuery,
  responses: { 200: { description: 'Sellers.', schema: sellerList } },
  answer: async ({ query }, { orm }) => ({
    status: 200,
    body: await registryPage(query, (page) => registry.listActiveSellers(orm.em.fork(), page)),
  }),
});

export const listCommodities = endpoint({
  method: 'get',
  path: '/v1/sellers/{sellerId}/commodities',
  operationId: 'listCommodities',
  tag,
  summary: 'List what a seller offers, at its charges of this moment',
  params: z.object({ sellerId: partyId }),
  query: listQuery,
  responses: { 200: { description: 'A page of commodities, by SKU.', schema: commodityList } },
  answer: async ({ params, query }, { orm }) => {
    const offers = await registry.listOffers(orm.em.fork(), params.sellerId, offerPage(query));
    return { status: 200, body: pageOfOffers(found(offers, 'seller'), query.limit) };
  },
});

export const listDistributors = endpoint({
  method: 'get',
  path: '/v1/distributors',
  operationId: 'listDistributors',
  tag,
  summary: 'List the registered distributors, and where each delivers',
  query: listQuery,
  responses: { 200: { description: 'Distributors.', schema: distributorList } },
  answer: async ({ query }, { orm }) => ({
    status: 200,
    body: await registryPage(query, (page) => registry.listActiveDistributors(orm.em.fork(), page)),
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
  maxBodyBytes: MOST_REGISTRATION_BYTES,
  responses: { 200: { description: 'The registration.', schema: registeredSeller } },
  problems: ['account-conflict', 'version-conflict'],
  answer: async ({ params, body }, deps) => {
    await requireFreeId(params.sellerId, '', () => registry.isSeller(deps.orm.em.fork(), params.sellerId));
    requireSameId(body.id, params.sellerId);
    requireGoodSite(deps, body.site);
    const outcome = await registry.putSeller(deps.orm, { ...body, id: params.sellerId });
    if (!outcome.ok && outcome.code === 'site-required') throw siteMissing(outcome.detail);
    const registered = valueOf(outcome, {
      'currency-mismatch': 'account-conflict',
      'account-exists': 'account-conflict',
      'site-required': 'invalid-request',
      'version-conflict': 'version-conflict',
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
  problems: ['version-conflict'],
  answer: async ({ params, body }, deps) => {
    const isThere = () => registry.isDistributor(deps.orm.em.fork(), params.distributorId);
    await requireFreeId(params.distributorId, '', isThere);
    requireSameId(body.id, params.distributorId);
    requireGoodSite(deps, body.site);
    const outcome = await registry.putDistributor(deps.orm, { ...body, id: params.distributorId });
    if (!outcome.ok && outcome.code === 'terms-required')
      throw invalidField('/terms', 'is required for a new distributor', `${outcome.detail}.`);
    if (!outcome.ok && outcome.code === 'site-required') throw siteMissing(outcome.detail);
    const registered = valueOf(outcome, {
      'terms-required': 'invalid-request',
      'site-required': 'invalid-request',
      'version-conflict': 'version-conflict',
    });
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
  query: offersQuery,
  responses: { 200: { description: 'The registration.', schema: wholeSeller } },
  answer: async ({ params, query }, { orm }) => {
    const whole = await registry.readSeller(orm.em.fork(), params.sellerId, offerPage(query));
    return { status: 200, body: wholeSellerPage(found(whole, 'seller'), query.limit) };
  },
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

/** Who puts what was read says its id once more. Throws `invalid-request` for another one's. */
function requireSameId(id: string | undefined, named: string): void {
  if (id !== undefined && id !== named)
    throw invalidField('/id', `must be ${named}`, `The body is ${id}'s, the path names ${named}.`);
}
