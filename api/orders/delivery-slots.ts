import { z } from 'zod';
import { possibleDates } from '../../domain/dispatch.ts';
import { mayHaveDateFixed } from '../../domain/order.ts';
import { openAddress, readDispatchFacts, type OrderRecord } from '../../office/orders/index.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../http/endpoint.ts';
import { instant } from '../http/parsing.ts';
import { orderParams } from './schema.ts';

const MOST_SLOTS = 10;

const deliverySlots = z
  .object({
    timeZone: z
      .string()
      .meta({ description: 'IANA name: the days are those of this calendar.', example: 'Europe/Berlin' }),
    data: z
      .array(instant)
      .meta({ description: 'The next dates, one a service day; the first is what `auto` would fix now.' }),
  })
  .meta({ id: 'DeliverySlots' });

export const listDeliverySlots = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}/delivery-slots',
  operationId: 'listDeliverySlots',
  tag: 'Distributor',
  summary: "The next dates that the distributor's terms allow for an order",
  description:
    'Each of them may be fixed by `POST …/schedule`, as may every other moment within the terms. Empty when no date can be fixed: the order is not accepted yet, or the goods are there.',
  params: orderParams,
  responses: { 200: { description: 'At most ten dates, the first one first.', schema: deliverySlots } },
  answer: async ({ order }, deps) => {
    const { timeZone, dates } = await slotsOf(deps, order);
    return { status: 200, body: { timeZone, data: dates.map((date) => date.toISOString()) } };
  },
});

/** Of a person who was forgotten there is no address, and no date. */
async function slotsOf({ orm, sealer, clock }: ApiDeps, { view }: OrderRecord) {
  const facts = await readDispatchFacts(orm.em.fork(), view.id);
  const { timeZone } = facts.terms;
  const place = mayHaveDateFixed(view.stage) ? await openAddress(sealer, facts.deliverToSealed) : null;
  return { timeZone, dates: place ? possibleDates({ ...facts, place }, clock(), MOST_SLOTS) : [] };
}
