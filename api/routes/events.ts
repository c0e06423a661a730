import { z } from 'zod';
import { OUTBOX_START } from '../../office/outbox.ts';
import { followParty } from '../events/reply.ts';
import { endpoint } from '../endpoint.ts';
import { orderId } from '../schemas/common.ts';

const tag = 'Events';
const description =
  'Server-Sent Events: `id` resumes (send it back as `Last-Event-ID`), `data` is an event of the timeline with its `orderId`.';
const responses = {
  200: { description: 'A stream that stays open.', schema: z.string(), contentType: 'text/event-stream' },
};

export const streamOrderEvents = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}/events',
  operationId: 'streamOrderEvents',
  tag,
  summary: 'Follow one order: first what has happened, then what happens',
  description,
  params: z.object({ orderId }),
  responses,
  problems: ['invalid-request'],
  answer: async ({ order, party, lastEventId }, deps) =>
    followParty(deps, party, { orderId: order.view.id, lastEventId, otherwise: OUTBOX_START }),
});

export const streamEvents = endpoint({
  method: 'get',
  path: '/v1/events',
  operationId: 'streamEvents',
  tag,
  summary: 'Follow all one’s own orders, from now on',
  description,
  responses,
  problems: ['invalid-request'],
  answer: async ({ party, lastEventId }, deps) => followParty(deps, party, { lastEventId }),
});
