import { z } from 'zod';
import { intervene } from './intervene.ts';
import { endpoint } from '../http/endpoint.ts';
import { intervention } from './action-schemas.ts';
import { orderId } from '../http/schemas.ts';
import { interventionAnswer } from './schema.ts';

export const interveneInOrder = endpoint({
  method: 'post',
  path: '/v1/orders/{orderId}/interventions',
  operationId: 'interveneInOrder',
  tag: 'Operator',
  summary: 'Help a stuck order: retry, abort, override the credit judgement, resume, or acknowledge a late report',
  description:
    'Recorded with actor and reason. `retry`, `abort` and `override_credit` work while the database cannot be read: the answer is then what Temporal knows. `resume` starts the workflow of an order again that was terminated or is lost; `abort` ends such an order from its row; `acknowledge` takes note of a report that came after the end.',
  params: z.object({ orderId }),
  body: intervention,
  responses: { 200: { description: 'The order as it now stands.', schema: interventionAnswer } },
  problems: ['illegal-transition'],
  answer: ({ params, party, body, requestId }, deps) => intervene(deps, party, params.orderId, { ...body, requestId }),
});
