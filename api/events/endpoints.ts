import { z } from 'zod';
import { followParty } from './reply.ts';
import { endpoint } from '../http/endpoint.ts';
import { orderParams } from '../orders/schema.ts';

const tag = 'Events';
const description =
  'Server-Sent Events. First one named `opened`, whose `from` says where the stream begins: `start`, `now`, `last_event_id`, or ' +
  "`unknown_last_event_id` (not of this installation's history: everything is sent again). Then events without a name: `id` resumes " +
  '(send it back as `Last-Event-ID`), `data` is an event of the timeline with its `orderId`.';
const responses = {
  200: { description: 'A stream of events.', schema: z.string(), contentType: 'text/event-stream' },
} as const;

export const streamOrderEvents = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}/events',
  operationId: 'streamOrderEvents',
  tag,
  summary: 'Follow one order: first what has happened, then what happens',
  description:
    `${description} After the last event of an order that has ended comes one named \`ended\` with its \`stage\`, and the stream ` +
    'ends: do not open it again, unless to see what came later, such as a refund.',
  params: orderParams,
  responses,
  problems: ['invalid-request'],
  answer: async ({ order, party, lastEventId }, deps) =>
    followParty(deps, party, { orderId: order.view.id, lastEventId }),
});

export const streamEvents = endpoint({
  method: 'get',
  path: '/v1/events',
  operationId: 'streamEvents',
  tag,
  summary: "Follow all one's own orders, from now on",
  description,
  responses,
  problems: ['invalid-request'],
  answer: async ({ party, lastEventId }, deps) => followParty(deps, party, { lastEventId }),
});
