import { z } from 'zod';
import { DECISIONS } from '../../domain/advice.ts';
import { DISTRIBUTION_KINDS } from '../../domain/delivery.ts';
import type { OrderId } from '../../domain/ids.ts';
import { diagnose, type Diagnosis } from '../../office/attention/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Json } from '../http/endpoint.ts';
import { outageOf } from '../http/outage.ts';
import { instant, orderId } from '../http/parsing.ts';
import { Problem } from '../http/problem.ts';
import { orderParams, stage } from './schema.ts';

const diagnosis = z
  .object({
    orderId,
    stage,
    step: z.string().nullable().meta({ description: 'null when nothing is wrong.' }),
    reason: z.string().nullable().meta({ description: 'The true cause, as far as it is known by now.' }),
    meaning: z.string().nullable(),
    whatToDo: z.string().nullable(),
    since: instant.nullable(),
    waitingOn: z.string().nullable().meta({ description: 'Who must act; also where nothing is wrong.' }),
    attempt: z.int().nullable().meta({ description: 'Of the step that is being tried; null when none is.' }),
    lastFailure: z.string().nullable().meta({ description: 'With what its latest attempt failed, in one line.' }),
    nextAttemptAt: instant
      .nullable()
      .meta({ description: 'null when an attempt is running, or none comes by itself.' }),
    report: z
      .object({ eventId: z.string(), kind: z.enum(DISTRIBUTION_KINDS), occurredAt: instant })
      .nullable()
      .meta({ description: 'The report that came after the end.' }),
    workflow: z
      .object({ status: z.string(), startedAt: instant, closedAt: instant.nullable() })
      .nullable()
      .meta({ description: 'Its latest workflow, with the status that Temporal gives it.' }),
    advice: z.array(z.object({ action: z.enum(DECISIONS), why: z.string() })).meta({
      description: 'Which interventions would help now. Empty where none does: then `whatToDo` says what would.',
    }),
    unchecked: z
      .array(z.enum(['database', 'temporal']))
      .meta({ description: 'What could not be asked: what it alone knows is not in this answer.' }),
  })
  .meta({ id: 'Diagnosis' });

export const diagnoseOrder = endpoint({
  method: 'get',
  path: '/v1/orders/{orderId}/diagnosis',
  operationId: 'diagnoseOrder',
  tag: 'Operator',
  summary: 'What is wrong with an order, who must act, when it is tried next, and what an operator can decide',
  description:
    'From the books and from Temporal, whichever answers: `unchecked` names the other. As `npm run ops -- show` has it.',
  params: orderParams,
  responses: { 200: { description: 'The diagnosis.', schema: diagnosis } },
  answer: async ({ params }, deps) => ({ status: 200, body: await bodyFor(deps, params.orderId) }),
});

type Unchecked = Json<typeof diagnosis>['unchecked'][number];

/** Throws `not-found`, and the outage itself where neither the books nor Temporal answer. */
async function bodyFor(deps: ApiDeps, id: OrderId): Promise<Json<typeof diagnosis>> {
  const both = { books: deps.orm.em.fork(), health: deps.gateway.health };
  const { found, unchecked } = await ask(id, both, []);
  if (!found) throw new Problem('not-found', 'There is no such order.');
  return diagnosisJson(found, unchecked);
}

/** The database may be what is wrong: it is away, or hangs. Then the answer is what there is without it. */
const TIMEOUT_MS = 5_000;

async function ask(id: OrderId, asked: Parameters<typeof diagnose>[0], unchecked: readonly Unchecked[]) {
  try {
    return { found: await withinDeadline(diagnose(asked, id), TIMEOUT_MS), unchecked };
  } catch (error) {
    const away = outageOf(error)?.of;
    if (unchecked.length > 0 || (away !== 'database' && away !== 'temporal')) throw error;
    const rest = away === 'database' ? { health: asked.health } : { books: asked.books };
    return ask(id, rest, [away]);
  }
}

function diagnosisJson(found: Diagnosis, unchecked: readonly Unchecked[]): Json<typeof diagnosis> {
  const { orderId: id, stage: at, attention, meaning, whatToDo, trying, waitingOn, report, work, advice } = found;
  return {
    orderId: id,
    stage: at,
    step: attention?.step ?? null,
    reason: attention?.reason ?? null,
    meaning: meaning ?? null,
    whatToDo: whatToDo ?? null,
    since: attention?.since ?? null,
    waitingOn,
    attempt: trying?.attempt ?? null,
    lastFailure: trying?.lastFailure ?? null,
    nextAttemptAt: trying?.nextAttemptAt?.toISOString() ?? null,
    // A note of the way is read on request alone.
    report: report ? { eventId: report.eventId, kind: report.kind, occurredAt: report.occurredAt } : null,
    workflow: work
      ? {
          status: work.status,
          startedAt: work.startedAt.toISOString(),
          closedAt: work.closedAt?.toISOString() ?? null,
        }
      : null,
    advice,
    unchecked,
  };
}
