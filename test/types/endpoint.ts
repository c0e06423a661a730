import { z } from 'zod';
import { endpoint } from '../../api/http/endpoint.ts';

const account = z.object({ id: z.string(), status: z.enum(['open', 'closed']) });
export const a = endpoint({
  method: 'get',
  path: '/v1/account',
  operationId: 'getOwnAccount',
  tag: 'x',
  summary: 'x',
  params: z.object({ accountId: z.string() }),
  responses: {
    200: { description: 'x', schema: account },
    201: { description: 'x', schema: account, headers: { Location: 'l' } },
  },
  answer: async ({ params: { accountId }, party, order, webhook, idempotencyKey, body: { x } }, deps) => {
    if (party.role) return { status: 299, body: [] };
    if (party.id) return { status: 201, body: { id: accountId, status: 'open' } };
    return { status: 200, body: { id: accountId, status: 'open' } };
  },
});
