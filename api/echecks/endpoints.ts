import { z } from 'zod';
import { checksPage, readCheckFor, stop, validate } from './checks.ts';
import { endpoint } from '../http/endpoint.ts';
import { checkNumber } from '../http/parsing.ts';
import { echeck, echeckPage, echecksQuery, stopRequest, validationRequest, verdict } from './schema.ts';
import { jwks } from '../service/schema.ts';

const tag = 'E-checks';
const params = z.object({ number: checkNumber });

export const getCheck = endpoint({
  method: 'get',
  path: '/v1/echecks/{number}',
  operationId: 'getCheck',
  tag,
  summary: 'Read an e-check of the register',
  params,
  responses: { 200: { description: 'The check.', schema: echeck } },
  answer: async ({ params: { number }, party }, deps) => ({
    status: 200,
    body: await readCheckFor(deps, party, number),
  }),
});

export const listChecks = endpoint({
  method: 'get',
  path: '/v1/echecks',
  operationId: 'listChecks',
  tag,
  summary: 'List the e-checks of the register, the newest first',
  query: echecksQuery,
  responses: { 200: { description: 'A page of checks, without the signed checks themselves.', schema: echeckPage } },
  answer: async ({ query, party }, deps) => ({ status: 200, body: await checksPage(deps, party, query) }),
});

export const validateCheck = endpoint({
  method: 'post',
  path: '/v1/echecks/validation',
  operationId: 'validateCheck',
  tag,
  summary: 'Ask the check office whether an e-check is good',
  description: 'Signature, register, time, payee, account. Reads only. A bad check is an answer, not an error.',
  body: validationRequest,
  responses: { 200: { description: 'The verdict.', schema: verdict } },
  answer: async ({ body, party }, deps) => ({ status: 200, body: await validate(deps, party, body.echeck) }),
});

export const stopCheck = endpoint({
  method: 'post',
  path: '/v1/echecks/{number}/stop',
  operationId: 'stopCheck',
  tag,
  summary: 'Stop an e-check before the seller has accepted it',
  params,
  body: stopRequest,
  bodyOptional: true,
  responses: { 200: { description: 'The stopped check; a repetition answers the same.', schema: echeck } },
  problems: ['illegal-transition'],
  answer: async ({ params: { number }, party, order, body: { reason = 'stopped by its holder' } }, deps) => ({
    status: 200,
    body: await stop(deps, { party, number, orderId: order.view.id, reason }),
  }),
});

export const getJwks = endpoint({
  method: 'get',
  path: '/.well-known/jwks.json',
  operationId: 'getJwks',
  tag,
  summary: 'The public keys with which anyone verifies an e-check offline',
  responses: { 200: { description: 'RFC 7517.', schema: jwks } },
  answer: async (_call, { keyRing }) => ({
    status: 200,
    body: await keyRing.publicJwks(),
    headers: { 'Cache-Control': 'public, max-age=60' },
  }),
});

export const getStatusList = endpoint({
  method: 'get',
  path: '/.well-known/echeck-status',
  operationId: 'getStatusList',
  tag,
  summary: 'The signed list from which anyone reads what became of an e-check, offline',
  responses: {
    200: { description: 'Token Status List, a JWT.', schema: z.string(), contentType: 'application/statuslist+jwt' },
  },
  answer: async (_call, { statusList }) => ({
    status: 200,
    body: await statusList.token(),
    headers: { 'Cache-Control': `public, max-age=${statusList.ttlSeconds}` },
  }),
});
