import { z } from 'zod';
import {
  createApiKey as create,
  listApiKeys as list,
  MAX_API_KEYS,
  revokeApiKey as revoke,
} from '../../office/registry/index.ts';
import { endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { apiKeyId, apiKeyList, apiKeyWithSecret, newApiKey, shownApiKey } from './schema.ts';

const tag = 'API keys';

export const createApiKey = endpoint({
  method: 'post',
  path: '/v1/api-keys',
  operationId: 'createApiKey',
  tag,
  summary: "Make a machine's key for a party",
  body: newApiKey,
  responses: { 201: { description: 'The key, shown this once.', schema: apiKeyWithSecret } },
  problems: ['limit-reached'],
  answer: async ({ body, party }, { orm }) => {
    const made = await create(orm, { ...body, createdBy: party.id });
    if (!made) {
      const detail = `A party may have ${MAX_API_KEYS} keys in one role that are good: revoke one first.`;
      throw new Problem('limit-reached', detail);
    }
    return { status: 201, body: { ...made.view, key: made.key }, headers: { 'Cache-Control': 'no-store' } };
  },
});

export const listApiKeys = endpoint({
  method: 'get',
  path: '/v1/api-keys',
  operationId: 'listApiKeys',
  tag,
  summary: 'List every key; the keys themselves are not kept',
  responses: { 200: { description: 'Keys, the newest first.', schema: apiKeyList } },
  answer: async (_call, { orm }) => ({ status: 200, body: { data: await list(orm.em.fork()) } }),
});

export const revokeApiKey = endpoint({
  method: 'delete',
  path: '/v1/api-keys/{keyId}',
  operationId: 'revokeApiKey',
  tag,
  summary: 'Revoke a key at once',
  params: z.object({ keyId: apiKeyId }),
  responses: { 200: { description: 'The revoked key.', schema: shownApiKey } },
  answer: async ({ params: { keyId } }, { orm }) => {
    const revoked = await revoke(orm.em.fork(), keyId);
    if (!revoked) throw new Problem('not-found', 'There is no such API key.');
    return { status: 200, body: revoked };
  },
});
