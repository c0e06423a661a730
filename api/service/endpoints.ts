import { z } from 'zod';
import { endpoint, type Json } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { PROBLEMS, problemUri, type ProblemSlug } from '../http/problems.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import type { Watching } from './watching.ts';
import { demoTokens, liveness, problemType, problemTypeList, readiness } from './schema.ts';

const tag = 'Service';
const SLUGS = Object.keys(PROBLEMS) as [ProblemSlug, ...ProblemSlug[]];

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
    'Checks: `temporal`, `database`, `migrations`, `events` (event streams and webhooks follow), `workers` (somebody reads the queue of the ' +
    'orders). A process that was asked to end has one check, `draining`. `troubles` keep orders from going on and are no reason to send callers elsewhere.',
  responses: {
    200: { description: 'Everything is there.', schema: readiness },
    503: { description: 'Something is not; `checks` says what.', schema: readiness },
  },
  answer: async (_call, { readiness: judge, watching, ending }) => {
    if (ending?.aborted) return { status: 503, body: DRAINING };
    const [judged, troubles] = await Promise.all([judge(), troublesSeen(watching)]);
    return { status: judged.status === 'ready' ? 200 : 503, body: { ...judged, troubles } };
  },
});

/** Said at once, whatever else hangs. */
const DRAINING: Json<typeof readiness> = {
  status: 'not_ready',
  checks: [{ name: 'draining', ok: false, detail: 'draining: this process is ending, send callers elsewhere' }],
  troubles: [],
};

/** A check says it when they cannot be asked for. */
async function troublesSeen(watching: Watching): Promise<string[]> {
  try {
    return [...(await withinDeadline(watching(), WATCH_TIMEOUT_MS)).troubles];
  } catch {
    return [];
  }
}

const WATCH_TIMEOUT_MS = 3_000;

export const getDemoTokens = endpoint({
  method: 'get',
  path: '/dev/tokens',
  operationId: 'getDemoTokens',
  tag,
  summary: 'Tokens of the demo parties; in the embedded mode only, and for callers on the same machine only',
  description:
    'The demo parties first, then the other registered sellers, distributors and buyers, at most 50 of each. One token a party.',
  responses: { 200: { description: 'One token a party.', schema: demoTokens } },
  problems: ['not-found'],
  answer: async ({ fromThisMachine }, { demoTokens: issue }) => {
    // The same answer either way: from outside nobody learns more than that there is nothing.
    if (!issue || !fromThisMachine())
      throw new Problem(
        'not-found',
        'Demo tokens exist in the embedded mode only, for callers on the same machine that name it localhost, 127.0.0.1 or [::1].',
      );
    return { status: 200, body: { tokens: await issue() }, headers: { 'Cache-Control': 'no-store' } };
  },
});

export const listProblems = endpoint({
  method: 'get',
  path: '/problems',
  operationId: 'listProblems',
  tag,
  summary: 'The catalogue of problem types',
  responses: { 200: { description: 'Every type.', schema: problemTypeList } },
  answer: async () => ({ status: 200, body: { data: SLUGS.map(describe) } }),
});

export const getProblem = endpoint({
  method: 'get',
  path: '/problems/{slug}',
  operationId: 'getProblem',
  tag,
  summary: 'One problem type: where the `type` of a problem leads',
  params: z.object({ slug: z.string() }),
  responses: { 200: { description: 'The type.', schema: problemType } },
  answer: async ({ params }) => {
    const slug = SLUGS.find((known) => known === params.slug);
    if (!slug) throw new Problem('not-found', 'There is no such problem type.');
    return { status: 200, body: describe(slug) };
  },
});

function describe(slug: ProblemSlug) {
  return { type: problemUri(slug), ...PROBLEMS[slug] };
}
