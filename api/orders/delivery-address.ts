import { z } from 'zod';
import { readPersonalData } from '../../office/orders/index.ts';
import { endpoint } from '../http/endpoint.ts';
import { reason } from '../http/parsing.ts';
import { Problem } from '../http/problem.ts';
import { deliveryAddress, orderParams } from './schema.ts';

export const readDeliveryAddress = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}/delivery-address',
  operationId: 'readDeliveryAddress',
  tag: 'Operator',
  summary: 'Read where and to whom an order is delivered, for a reason that is put on record',
  description:
    'Orders show operators no address. This opens it, and first puts on record who reads it and why: an event `address_read`, of ' +
    'which the buyer sees that the check office has read it.',
  records: true,
  params: orderParams,
  query: z.strictObject({ reason }),
  responses: { 200: { description: 'Address, receiver and notes of the way.', schema: deliveryAddress } },
  answer: async ({ order: { view }, party, query }, { orm, sealer }) => {
    const read = { orderId: view.id, actor: party.id, reason: query.reason };
    const found = await readPersonalData(orm.em.fork(), sealer, read);
    if (!found) throw new Problem('not-found', 'There is no such order.');
    return { status: 200, body: { orderId: view.id, ...found } };
  },
});
