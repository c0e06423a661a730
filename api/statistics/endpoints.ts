import { MOST_DAYS, readFigures } from '../../office/statistics/index.ts';
import { endpoint } from '../http/endpoint.ts';
import { outageOf } from '../http/outage.ts';
import { invalidField, Problem } from '../http/problem.ts';
import { statistics, statisticsQuery } from './schema.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export const getStatistics = endpoint({
  method: 'get',
  path: '/v1/statistics',
  operationId: 'getStatistics',
  tag: 'Operator',
  summary: 'Orders by stage, who waits for whom, and over a period: orders a minute, times at each stage, money',
  description: `At most ${MOST_DAYS} days, in at most 120 buckets.`,
  query: statisticsQuery,
  responses: { 200: { description: 'The figures.', schema: statistics } },
  answer: async ({ query }, { orm, clock }) => {
    const { from, to } = periodOf(query, clock());
    return { status: 200, body: await readFigures(orm.em.fork(), from, to).catch(sayWhatHelps) };
  },
});

/** Throws `invalid-request` for a period that ends before it begins, or is too long. */
function periodOf(query: { from?: string; to?: string }, now: Date): { from: Date; to: Date } {
  const to = query.to === undefined ? now : new Date(query.to);
  const from = query.from === undefined ? new Date(to.getTime() - DAY_MS) : new Date(query.from);
  if (from >= to) throw invalidField('/from', 'must lie before `to`', 'The period ends before it begins.');
  if (to.getTime() - from.getTime() > MOST_DAYS * DAY_MS) {
    const detail = `must lie at most ${MOST_DAYS} days before \`to\``;
    throw invalidField('/from', detail, `A period has at most ${MOST_DAYS} days.`);
  }
  return { from, to };
}

/** What is too much for the database in one request is less over a shorter period. */
function sayWhatHelps(error: unknown): never {
  if (outageOf(error)?.of !== 'database') throw error;
  const detail = 'The database did not come to the figures in time: ask for a shorter period, or again later.';
  throw new Problem('service-unavailable', detail, { headers: { 'Retry-After': '10' } });
}
