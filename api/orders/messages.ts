import { z } from 'zod';
import { mayKnowPersonal } from '../../domain/need-to-know.ts';
import { projectMessage } from '../../domain/need-to-know-messages.ts';
import { openMessage, readMessages } from '../../office/messages/index.ts';
import { notePersonalRead } from '../../office/orders/index.ts';
import { endpoint } from '../http/endpoint.ts';
import { reason } from '../http/parsing.ts';
import { orderMessages } from './message-schema.ts';
import { orderParams } from './schema.ts';

export const getOrderMessages = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}/messages',
  operationId: 'getOrderMessages',
  tag: 'Orders',
  summary: "What was sent to the parties' own servers, how often it was tried, and what they signed for it",
  description:
    'Message and receipt are compact JWS, with the keys that verify them: `npm run verify -- evidence FILE` judges the answer offline. A ' +
    'party reads what it was sent and what was sent in its name. Messages hold addresses: an operator who reads them is put on record ' +
    '(`address_read`), a distributor reads their text until 30 days after the end.',
  records: true,
  params: orderParams,
  query: z.strictObject({
    reason: reason.optional().meta({ description: 'Why an operator reads them. Default: messages read.' }),
  }),
  responses: { 200: { description: 'The messages, the first first.', schema: orderMessages } },
  answer: async ({ order: { view, endedAt }, party, query }, { orm, sealer, keyRing, signing, clock }) => {
    const em = orm.em.fork();
    const { id: partyId, role } = party;
    const viewer = { role, partyId, personal: mayKnowPersonal(role, endedAt, clock()) };
    const records = await readMessages(em, view.id);
    const shown = records.map((record) => projectMessage(record, viewer)).filter((record) => record !== undefined);
    if (role === 'operator' && shown.length > 0)
      await notePersonalRead(em, { orderId: view.id, actor: partyId, reason: query.reason ?? 'messages read' });
    const data = await Promise.all(shown.map((record) => openMessage(sealer, record)));
    const office = { issuer: signing.issuer, jwks: await keyRing.publicJwks() };
    return { status: 200, body: { data, nextCursor: null, office } };
  },
});
