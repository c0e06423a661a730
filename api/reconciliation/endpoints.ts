import { endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import type { ReconciliationRun } from '../temporal/reconciliation-runs.ts';
import { reconciliationList, startedReconciliation } from './schema.ts';

const tag = 'Operator';
const MOST_RUNS = 10;
const MOST_FINDINGS = 100;

export const startReconciliation = endpoint({
  method: 'post',
  path: '/v1/reconciliation',
  operationId: 'startReconciliation',
  tag,
  summary: 'Compare ledger, holds, checks, orders and workflows now, in addition to the schedule',
  description: 'One at a time: while one runs that was started here, the answer is that one.',
  responses: {
    202: { description: 'A worker compares them; what it finds is in the list.', schema: startedReconciliation },
  },
  answer: async (_call, { gateway }) => {
    const queue = await gateway.health.taskQueue();
    if (!queue.ok) {
      const detail = `The comparison needs a worker, and was not started: ${queue.detail}.`;
      throw new Problem('service-unavailable', detail, { headers: { 'Retry-After': '10' } });
    }
    return { status: 202, body: { id: await gateway.reconciliations.start() } };
  },
});

export const listReconciliations = endpoint({
  method: 'get',
  path: '/v1/reconciliation',
  operationId: 'listReconciliations',
  tag,
  summary: 'The last ten comparisons of the books, and what they found',
  description:
    'Those of the schedule and those that somebody started, the newest first, for as long as Temporal keeps them.',
  responses: { 200: { description: 'The last ones.', schema: reconciliationList } },
  answer: async (_call, { gateway }) => ({
    status: 200,
    body: { data: (await gateway.reconciliations.latest(MOST_RUNS)).map(runJson) },
  }),
});

function runJson({ id, startedAt, endedAt, status, result, failure }: ReconciliationRun) {
  return {
    id,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    status,
    failure: failure ?? null,
    found: result?.drift.length ?? null,
    findings: result?.drift.slice(0, MOST_FINDINGS) ?? [],
    swept: result?.swept.length ?? null,
  };
}
