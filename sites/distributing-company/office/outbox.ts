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
 * processes that make the same call do no harm, as every call may be repeated. Returns how many were made.
 */
export async function makeDueCalls(deps: OutboxDeps): Promise<number> {
  const due = await deps.orm.em
    .fork()
    .find(Call, { answeredAt: null, dueAt: { $lte: deps.clock() } }, { orderBy: { id: 'asc' }, limit: MOST_AT_ONCE });
  const byOrder = Map.groupBy(due, ({ orderId }) => orderId);
  await Promise.all([...byOrder.values()].map((calls) => oneAfterTheOther(deps, calls)));
  return due.length;
}

async function oneAfterTheOther(deps: OutboxDeps, calls: readonly Call[]): Promise<void> {
  for (const call of calls) await settle(deps, call, await makeCall(deps.client, call));
}

/** Puts on record what came of a call. */
async function settle(deps: OutboxDeps, { id, orderId, tries }: Call, result: CallResult): Promise<void> {
  const em = deps.orm.em.fork();
  const now = deps.clock();
  if (result.kind === 'stage') await em.nativeUpdate(Job, { orderId }, { officeStage: result.stage });
  if (result.kind === 'outside_service') {
    // First the new date, then the end of this call: who dies in between asks again, and is refused again.
    if (result.nextPossible === undefined) await takeDateBack(em, orderId);
    else await fixDate(em, { orderId, notBefore: new Date(result.nextPossible) }, now);
  }
  const answer = answerOf(result);
  if (isOver(result)) await em.nativeUpdate(Call, { id }, { answer, answeredAt: now, tries: tries + 1 });
  else {
    const soon = result.kind === 'again' && result.soon;
    const pauseMs = Math.min(1000 * 2 ** Math.min(tries, 20), LONGEST_PAUSE_MS[soon ? 'soon' : 'slow']);
    await em.nativeUpdate(Call, { id }, { answer, tries: tries + 1, dueAt: new Date(now.getTime() + pauseMs) });
  }
}

function isOver(result: CallResult): boolean {
  if (result.kind === 'again') return false;
  return result.kind !== 'stage' || isFinal(result.stage);
}

function answerOf(result: CallResult): string {
  if (result.kind === 'stage') return result.stage;
  return result.kind === 'outside_service' ? '422 outside-service' : result.answer;
}
