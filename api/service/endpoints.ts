import { endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { demoTokens, liveness, readiness } from './schema.ts';

const tag = 'Service';

export const getLiveness = endpoint({
  method: 'get',
  path: '/health/live',
  operationId: 'getLiveness',
  tag,
  summary: 'Whether the process lives',
  responses: { 200: { description: 'It does.', schema: liveness } },
  answer: async () => ({ status: 200, body: { status: 'live' } }),
});

export const getReadiness = endpoint({
  method: 'get',
  path: '/health/ready',
  operationId: 'getReadiness',
  tag,
  summary: 'Whether Temporal, the database with its migrations, the events and a worker are there',
  description:
    'Checks: `temporal`, `database`, `migrations`, `events` (event streams and webhooks follow), `workers` (somebody reads the queue of the orders).',
  responses: {
    200: { description: 'Everything is there.', schema: readiness },
    503: { description: 'Something is not; `checks` says what.', schema: readiness },
  },
  answer: async (_call, { readiness: judge }) => {
    const body = await judge();
    return { status: body.status === 'ready' ? 200 : 503, body };
  },
});

export const getDemoTokens = endpoint({
  method: 'get',
  path: '/dev/tokens',
  operationId: 'getDemoTokens',
  tag,
  summary: 'Tokens of the demo parties; in the embedded mode only',
  responses: { 200: { description: 'One token a demo party.', schema: demoTokens } },
  problems: ['not-found'],
  answer: async (_call, { demoTokens: issue }) => {
    if (!issue) throw new Problem('not-found', 'Demo tokens exist in the embedded mode only.');
    return { status: 200, body: { tokens: await issue() }, headers: { 'Cache-Control': 'no-store' } };
  },
});
