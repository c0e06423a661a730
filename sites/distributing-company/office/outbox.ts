import type { CountersignClient } from '../../../client/index.ts';
import type { Orm } from '../database.ts';
import { Call } from '../entities/call.entity.ts';
import { Job } from '../entities/job.entity.ts';
import { fixDate, takeDateBack } from '../jobs/fix-date.ts';
import { isFinal, makeCall, type CallResult } from './calls.ts';

export interface OutboxDeps {
  readonly orm: Orm;
  readonly client: CountersignClient;
  readonly clock: () => Date;
}

const MOST_AT_ONCE = 50;
/** The pause after a try grows up to this where the office is away, and where it has said no. */
const LONGEST_PAUSE_MS = { soon: 30_000, slow: 10 * 60_000 } as const;

/**
 * Makes the calls that are due: those of one order one after the other, as they were decided, those of several at once. Two
 * processes that make the same call do no harm, as every call may be repeated. Returns how many orders had something due.
 */
export async function makeDueCalls(deps: OutboxDeps): Promise<number> {
  const em = deps.orm.em.fork();
  const now = deps.clock();
  const due = await em.find(
    Call,
    { answeredAt: null, dueAt: { $lte: now } },
    { orderBy: { id: 'asc' }, limit: MOST_AT_ONCE },
  );
  const orderId = [...new Set(due.map((call) => call.orderId))];
  const open = await em.find(Call, { answeredAt: null, orderId }, { orderBy: { id: 'asc' } });
  const lanes = Map.groupBy(open, (call) => `${call.orderId} ${call.operation}`);
  await Promise.all([...lanes.values()].map((calls) => oneAfterTheOther(deps, calls, now)));
  return orderId.length;
}

/** No report overtakes another one of its order: what waits for its next try holds up what came after it. */
async function oneAfterTheOther(deps: OutboxDeps, calls: readonly Call[], now: Date): Promise<void> {
  for (const call of calls) {
    if (call.dueAt > now) return;
    const result = await makeCall(deps.client, call);
    await settle(deps, call, result);
    if (!isOver(result)) return;
  }
}

/** Puts on record what came of a call. */
async function settle(deps: OutboxDeps, call: Call, result: CallResult): Promise<void> {
  const { id, orderId, tries } = call;
  const em = deps.orm.em.fork();
  const now = deps.clock();
  if (result.kind === 'stage') await em.nativeUpdate(Job, { orderId }, { officeStage: result.stage });
  // First another date, then the end of this call: whoever dies in between asks again, and is refused again.
  if (result.kind === 'outside_service') await planElsewhere(deps, call, result.nextPossible);
  const answer = answerOf(result);
  if (isOver(result)) await em.nativeUpdate(Call, { id }, { answer, answeredAt: now, tries: tries + 1 });
  else {
    const soon = result.kind === 'again' && result.soon;
    const pauseMs = Math.min(1000 * 2 ** Math.min(tries, 20), LONGEST_PAUSE_MS[soon ? 'soon' : 'slow']);
    await em.nativeUpdate(Call, { id }, { answer, tries: tries + 1, dueAt: new Date(now.getTime() + pauseMs) });
  }
}

/** The office does not take the date of this call: another one, unless the job has one by now. */
async function planElsewhere(
  { orm, clock }: OutboxDeps,
  { orderId, body }: Call,
  nextPossible?: string,
): Promise<void> {
  const job = await orm.em.fork().findOne(Job, { orderId });
  if (job?.deliverAt?.toISOString() !== body['deliverAt']) return;
  if (nextPossible === undefined) await takeDateBack(orm.em, orderId);
  else await fixDate(orm.em, { orderId, notBefore: new Date(nextPossible) }, clock());
}

function isOver(result: CallResult): boolean {
  if (result.kind === 'again') return false;
  return result.kind !== 'stage' || isFinal(result.stage);
}

function answerOf(result: CallResult): string {
  if (result.kind === 'stage') return result.stage;
  return result.kind === 'outside_service' ? '422 outside-service' : result.answer;
}
