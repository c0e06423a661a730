import { z } from 'zod';
import {
  listDistributors,
  listSellers,
  readDistributor,
  readSeller,
  type RegistryPage,
} from '../../office/registry/reading.ts';
import { endpoint } from '../http/endpoint.ts';
import { invalidCursor } from '../http/cursor.ts';
import { Problem } from '../http/problem.ts';
import { partyId } from '../http/schemas.ts';
import {
  distributorPage,
  printRegistryCursor,
  readRegistryCursor,
  registeredDistributor,
  registryQuery,
  sellerPage,
  wholeSeller,
} from './schema.ts';

const tag = 'Registry';

export const listSellerRegistrations = endpoint({
  method: 'get',
  path: '/v1/registry/sellers',
  operationId: 'listSellerRegistrations',
  tag,
  summary: "List every seller's registration by id, also of suspended ones",
  query: registryQuery,
  responses: { 200: { description: 'A page of registrations.', schema: sellerPage } },
  answer: async ({ query }, { orm }) => {
    const page = placeIn(query);
    return { status: 200, body: pageFrom(await listSellers(orm.em.fork(), page), page) };
  },
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
    body: found(await readSeller(orm.em.fork(), params.sellerId), 'seller'),
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
  answer: async ({ query }, { orm }) => {
    const page = placeIn(query);
    return { status: 200, body: pageFrom(await listDistributors(orm.em.fork(), page), page) };
  },
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
    body: found(await readDistributor(orm.em.fork(), params.distributorId), 'distributor'),
  }),
});

function placeIn({ limit, cursor }: z.output<typeof registryQuery>): RegistryPage {
  if (cursor === undefined) return { limit };
  const after = readRegistryCursor(cursor);
  if (after === undefined) throw invalidCursor();
  return { limit, after };
}

function pageFrom<Item extends { readonly id: string }>(items: readonly Item[], { limit }: RegistryPage) {
  const data = items.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: items.length > limit && last ? printRegistryCursor(last.id) : null };
}

function found<Item>(item: Item | undefined, what: string): Item {
  if (item === undefined) throw new Problem('not-found', `There is no such registered ${what}.`);
  return item;
}
