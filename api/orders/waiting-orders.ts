import { z } from 'zod';
import { waitingOrders, WAITING_STAGES } from '../../office/attention/index.ts';
import { waitingCursor } from '../http/cursor.ts';
import { endpoint } from '../http/endpoint.ts';
import { instant, orderId, pageOf, paging, partyId } from '../http/parsing.ts';
import { stage } from './schema.ts';

const waiting = z
  .object({ partyId: z.string(), what: z.string().meta({ example: 'to accept or refuse' }), since: instant })
  .meta({ id: 'Waiting', description: 'Which party an order waits for, what for, and since when.' });

const waitingOrder = z.object({ id: orderId, stage, waiting }).meta({ id: 'WaitingOrder' });

export const listWaitingOrders = endpoint({
  method: 'get',
  path: '/v1/waiting-orders',
  operationId: 'listWaitingOrders',
  tag: 'Operator',
  summary: 'Which orders wait for which party since when, the longest first',
  description:
    'Nothing is wrong with them: they may wait. What needs a person is at `GET /v1/orders?attention=true`. Deliveries that are not due yet are left out, unless `all=true`.',
  query: z.strictObject({
    partyId: partyId.optional().meta({ description: 'Only what waits for this party.' }),
    stage: z.enum(WAITING_STAGES).optional(),
    all: z.enum(['true', 'false']).optional().meta({ description: 'Also deliveries that are not due yet.' }),
    ...paging,
  }),
  responses: { 200: { description: 'A page.', schema: pageOf(waitingOrder, 'WaitingOrderPage') } },
  answer: async ({ query }, { orm }) => {
    const { partyId: party, stage: at, all, limit, cursor } = query;
    const after = waitingCursor.read(cursor);
    const filter = { party, stage: at, all: all === 'true', after, limit: limit + 1 };
    const found = await waitingOrders(orm.em.fork(), filter);
    const page = found.slice(0, limit);
    const data = page.map((order) => {
      const { id, stage: now, waitingFor, what, since } = order;
      return { id, stage: now, waiting: { partyId: waitingFor, what, since: since.toISOString() } };
    });
    const last = found.length > limit ? page.at(-1) : undefined;
    return { status: 200, body: { data, nextCursor: waitingCursor.print(last?.place) } };
  },
});
