import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { Problem } from './problem.ts';
import { PROBLEMS, problemUri, type ProblemSlug } from './problems.ts';
import { listOf } from './schemas.ts';
import { problemType } from './problem-schema.ts';

const tag = 'Service';
const SLUGS = Object.keys(PROBLEMS) as [ProblemSlug, ...ProblemSlug[]];

export const listProblems = endpoint({
  method: 'get',
  path: '/problems',
  operationId: 'listProblems',
  tag,
  summary: 'The catalogue of problem types',
  responses: { 200: { description: 'Every type.', schema: listOf(problemType, 'ProblemTypeList') } },
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
