import { z } from 'zod';
import { deleteWebhook as remove, listDeliveries } from '../../office/webhooks/index.ts';
import { endpoint } from '../http/endpoint.ts';
import { accepted } from '../orders/action-schemas.ts';
import { paging } from '../http/parsing.ts';
import {
  deliveryId,
  deliveryList,
  deliveryStatus,
  newWebhook,
  webhook as webhookSchema,
  webhookId,
  webhookList,
  webhookStatus,
  webhookWithSecret,
} from './schema.ts';
import { enable, makeWebhook, resend, rotate, webhooksPage } from './webhooks.ts';

const tag = 'Webhooks';
const params = z.object({ webhookId });

export const createWebhook = endpoint({
  method: 'post',
  path: '/v1/webhooks',
  operationId: 'createWebhook',
  tag,
  summary: "Be told of one's orders' events",
  description:
    "Each event is POSTed as `{type, timestamp, data}`, signed as Standard Webhooks has it; an order's events come in order, " +
    'each at least once under one `webhook-id`. What is not answered with 2xx within ten seconds is tried again for three days, ' +
    'less and less often; `Retry-After` is honoured for 429 and 503. After 410, or three days of nothing but failures, the ' +
    'webhook is disabled: its events wait until it is enabled again.',
  body: newWebhook,
  responses: { 201: { description: 'The webhook, with its secret.', schema: webhookWithSecret } },
  problems: ['limit-reached'],
  answer: async ({ party, body }, deps) => ({ status: 201, body: await makeWebhook(deps, party, body) }),
});

export const listWebhooks = endpoint({
  method: 'get',
  path: '/v1/webhooks',
  operationId: 'listWebhooks',
  tag,
  summary: "List one's own webhooks and how their receivers do, the oldest first; an operator's: everybody's",
  query: z.strictObject({ status: webhookStatus.optional(), ...paging }),
  responses: { 200: { description: 'A page.', schema: webhookList } },
  answer: async ({ party, query }, deps) => ({ status: 200, body: await webhooksPage(deps, party, query) }),
});

export const getWebhook = endpoint({
  method: 'get',
  path: '/v1/webhooks/{webhookId}',
  operationId: 'getWebhook',
  tag,
  summary: 'Read a webhook and how its receiver does',
  params,
  responses: { 200: { description: 'The webhook.', schema: webhookSchema } },
  answer: async ({ webhook }) => ({ status: 200, body: webhook }),
});

export const enableWebhook = endpoint({
  method: 'post',
  path: '/v1/webhooks/{webhookId}/enable',
  operationId: 'enableWebhook',
  tag,
  summary: 'Enable a disabled webhook, or have a failing one tried at once; what is pending goes on',
  params,
  responses: { 200: { description: 'The webhook, active.', schema: webhookSchema } },
  answer: async ({ webhook, party }, deps) => ({ status: 200, body: await enable(deps, party, webhook) }),
});

export const deleteWebhook = endpoint({
  method: 'delete',
  path: '/v1/webhooks/{webhookId}',
  operationId: 'deleteWebhook',
  tag,
  summary: 'Delete a webhook; what was still to be delivered is dropped',
  params,
  responses: { 204: { description: 'It is gone.' } },
  answer: async ({ webhook }, { orm }) => {
    await remove(orm.em.fork(), webhook.id);
    return { status: 204 };
  },
});

export const rotateWebhookSecret = endpoint({
  method: 'post',
  path: '/v1/webhooks/{webhookId}/secret-rotation',
  operationId: 'rotateWebhookSecret',
  tag,
  summary: 'Get a new secret; for a day the former one signs, too',
  params,
  responses: { 200: { description: 'The webhook, with its new secret.', schema: webhookWithSecret } },
  answer: async ({ webhook }, deps) => ({ status: 200, body: await rotate(deps, webhook) }),
});

export const listWebhookDeliveries = endpoint({
  method: 'get',
  path: '/v1/webhooks/{webhookId}/deliveries',
  operationId: 'listWebhookDeliveries',
  tag,
  summary: 'The newest deliveries of a webhook; `status=dead` shows those that were given up',
  params,
  query: z.strictObject({ status: deliveryStatus.optional() }),
  responses: { 200: { description: 'The newest 100 at most; there are no further pages.', schema: deliveryList } },
  answer: async ({ webhook, query }, { orm }) => ({
    status: 200,
    body: { data: await listDeliveries(orm.em.fork(), webhook.id, query.status) },
  }),
});

export const resendWebhookDelivery = endpoint({
  method: 'post',
  path: '/v1/webhooks/{webhookId}/deliveries/{deliveryId}/resend',
  operationId: 'resendWebhookDelivery',
  tag,
  summary: 'Deliver an event again; to a disabled webhook when it is enabled',
  params: z.object({ webhookId, deliveryId }),
  responses: { 202: { description: 'It will be.', schema: accepted } },
  answer: async ({ webhook, params: { deliveryId: id } }, deps) => {
    await resend(deps, webhook, id);
    return { status: 202, body: { status: 'accepted' } };
  },
});
