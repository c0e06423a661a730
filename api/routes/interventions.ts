import { z } from 'zod';
import { intervene } from '../intervening.ts';
import { endpoint } from '../endpoint.ts';
import { intervention } from '../schemas/actions.ts';
import { orderId } from '../schemas/common.ts';
import { interventionAnswer } from '../schemas/order.ts';

export const interveneInOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/interventions',
  operationId: 'interveneInOrder',
  tag: 'Operator',
  summary: 'Mend a stuck order: retry, abort, or override the credit judgement',
  description:
    'Recorded with actor and reason. Works while the database cannot be read: the answer is then what Temporal knows.',
  params: z.object({ orderId }),
  body: intervention,
  responses: { 200: { description: 'The order as it now stands.', schema: interventionAnswer } },
  problems: ['illegal-transition'],
  answer: ({ params, party, body }, deps) => intervene(deps, party, params.orderId, body),
});
