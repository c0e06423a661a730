import { z } from 'zod';
import { listDeliveries } from '../../office/webhook-deliveries.ts';
import { deleteWebhook as remove, listWebhooks as list } from '../../office/webhooks.ts';
import { scopeOf } from '../auth/party.ts';
import { endpoint } from '../endpoint.ts';
import { accepted } from '../schemas/actions.ts';
import {
  deliveryId,
  deliveryList,
  deliveryStatus,
  newWebhook,
  webhookId,
  webhookList,
  webhookWithSecret,
} from '../schemas/webhook.ts';
import { makeWebhook, resend, rotate } from '../webhooks.ts';

const tag = 'Webhooks';
const params = z.object({ webhookId });

export const createWebhook = endpoint({
  method: 'post',
  path: '/v1/webhooks',
  operationId: 'createWebhook',
  tag,
  summary: 'Be told of one’s orders’ events',
  description:
    'Each event is POSTed as `{type, timestamp, data}`, signed as Standard Webhooks has it; an order’s events come in order, ' +
    'each at least once under one `webhook-id`. What is not answered with 2xx is tried again for three days.',
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
  summary: 'List one’s own webhooks',
  responses: { 200: { description: 'Webhooks.', schema: webhookList } },
  answer: async ({ party }, { orm }) => ({ status: 200, body: { data: await list(orm.em.fork(), scopeOf(party)) } }),
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
  responses: { 200: { description: 'At most 100.', schema: deliveryList } },
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
  summary: 'Deliver an event again',
  params: z.object({ webhookId, deliveryId }),
  responses: { 202: { description: 'It will be.', schema: accepted } },
  answer: async ({ webhook, params: { deliveryId: id } }, deps) => {
    await resend(deps, webhook, id);
    return { status: 202, body: { status: 'accepted' } };
  },
});
