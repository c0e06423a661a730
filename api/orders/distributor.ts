import { z } from 'zod';
import { schedule } from '../../workflows/messages/definitions.ts';
import { reportDistribution } from './distribution.ts';
import { endpoint } from '../http/endpoint.ts';
import { accepted, delivery, distributionEvent } from './action-schemas.ts';
import { orderId } from '../http/schemas.ts';
import { order as orderSchema } from './schema.ts';
import { sendUpdate } from './send-update.ts';

const tag = 'Distributor';
const params = z.object({ orderId });

export const scheduleDelivery = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/schedule',
  operationId: 'scheduleDelivery',
  tag,
  summary: 'Fix the date and time of the delivery',
  params,
  body: delivery,
  responses: { 200: { description: 'The order as it now stands.', schema: orderSchema } },
  problems: ['illegal-transition'],
  answer: ({ order, party, body: { deliverAt } }, deps) =>
    sendUpdate(deps, { order, party, update: schedule, message: { actor: party.id, deliverAt }, said: deliverAt }),
});

export const reportDistributionOfOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/distribution-events',
  operationId: 'reportDistribution',
  tag,
  summary: 'Report what happened on the way, or the delivery',
  description:
    'On record whatever has become of the order, also while workers are down. Repeats are harmless; order does not matter. ' +
    'A report that does not fit an order that has ended is shown to an operator.',
  params,
  body: distributionEvent,
  responses: { 202: { description: 'On record, permanently.', schema: accepted } },
  problems: ['event-id-reused'],
  answer: async ({ order, body }, deps) => {
    await reportDistribution(deps, order.view, body);
    return { status: 202, body: { status: 'accepted' } };
  },
});
