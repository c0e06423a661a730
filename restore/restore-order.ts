import type { Client } from '@temporalio/client';
import { workflowIdOf, type OrderId } from '../domain/ids.ts';
import { endsAgree, isEnded, isFurther, type Stage } from '../domain/order.ts';
import { notifyOfEnd, resumeOrder, type StartAgain } from '../office/orders/index.ts';
import { ORDER_WORKFLOW } from '../workflows/messages/definitions.ts';
import { restartOptions } from '../workflows/messages/start-options.ts';
import { shortMessageOf } from '../platform/error-facts.ts';
import { isBehind, knownBy } from './knowledge.ts';
import { rebuild, type Told } from './rebuilding.ts';
import { type OnRecord, readOnRecord } from './record.ts';
import type { RedoDeps } from './redoing.ts';
import type { Replaying, ToldOrder, ToldRun } from './replaying.ts';

export interface RestoreDeps extends RedoDeps {
  readonly client: Client;
  readonly replaying: Replaying;
  /** An order that has moved less than this long ago is left to its workflow, in milliseconds. */
  readonly quietForMs: number;
}

/** Who restores, and why: both are on record. */
export interface Restoring {
  readonly actor: string;
  readonly reason: string;
  /** Only says what would be done. */
  readonly isDry?: boolean;
  /** Also an order goes on whose workflow was terminated, or failed: somebody has decided so. */
  readonly resumesEnded?: boolean;
}

/** What became of an order's workflow. */
interface Roused {
  readonly workflow: 'kept' | 'started' | 'ended';
  /** What a person must decide: it could not be proven, or not be done. */
  readonly forPerson?: string;
}

/** What became of an order. */
export interface Restored extends Roused {
  readonly orderId: OrderId;
  /** The steps that were taken from the workflow's history into the record, or would be. */
  readonly rebuilt: readonly string[];
  /** Where the order stands; absent where it is not on record. */
  readonly stage?: Stage;
}

/**
 * Brings the record of an order and its workflow together again, after one of the two was restored to an older moment. What the workflow has done
 * and the record does not hold is taken from its history, step by step under the same keys. Where the record then holds
 * more than the workflow knows, the workflow is started again from the record. Repeating it is harmless.
 */
export async function restoreOrder(
  deps: RestoreDeps,
  { orderId, runs, unread }: ToldOrder,
  restoring: Restoring,
): Promise<Restored> {
  const { isDry = false } = restoring;
  const em = deps.orm.em.fork();
  const before = await readOnRecord(em, orderId);
  const fault = faultOf({ orderId, runs, unread });
  const { rebuilt, forPerson = fault } =
    fault === undefined ? await rebuild(deps, { orderId, runs, record: before }, isDry) : { rebuilt: [] };
  const record = isDry || rebuilt.length === 0 ? before : await readOnRecord(em, orderId);
  const so = { orderId, rebuilt, stage: record?.stage };
  if (forPerson !== undefined || !record)
    return { ...so, workflow: 'kept', forPerson: forPerson ?? (isDry ? undefined : NO_TRACE) };
  if (isDry && rebuilt.length > 0) return { ...so, workflow: 'kept' };
  const standing = { orderId, runs, record, isRebuilt: rebuilt.length > 0 };
  const roused = await rouse(deps, standing, restoring).catch((error: unknown) => notRoused(error));
  return { ...so, ...roused };
}

/** Why nothing can be told by its histories; absent when they tell. */
function faultOf({ runs, unread }: ToldOrder): string | undefined {
  if (unread !== undefined) return `its history cannot be read: ${unread}`;
  const [fault] = runs.flatMap((run) => run.fault ?? []);
  return fault && unreplayable(fault);
}

function notRoused(error: unknown): Roused {
  return { workflow: 'kept', forPerson: `its workflow: ${shortMessageOf(error)}` };
}

const NO_TRACE = 'neither a record nor a history of it is there';

function unreplayable(fault: string): string {
  return `its history does not replay under this build (${fault}): repeat this with the build that ran it`;
}

interface Standing extends Told {
  readonly record: OnRecord;
  /** Something was taken into it just now. */
  readonly isRebuilt: boolean;
}

/** Sees to it that a workflow works on an order that is open, which knows what is on record, and none on one that has ended. */
async function rouse(deps: RestoreDeps, standing: Standing, restoring: Restoring): Promise<Roused> {
  const { runs, record } = standing;
  const last = runs.at(-1);
  if (last && RUNNING.includes(last.status)) return rouseRunning(deps, standing, { last, restoring });
  if (isEnded(record.stage)) {
    const known = last && knownBy(last).stage;
    const differ = known && isEnded(known) && !endsAgree(known, record.stage);
    if (differ)
      return { workflow: 'kept', forPerson: `it is ${record.stage} on record, and its workflow ended as ${known}` };
    // One that has come to its own end has waited for their receipts as long as it waits for any.
    return {
      workflow: last?.status !== 'COMPLETED' && (await tellOfEnd(deps, standing, restoring)) ? 'started' : 'kept',
    };
  }
  if (last && last.status !== 'COMPLETED' && !restoring.resumesEnded)
    return {
      workflow: 'kept',
      forPerson: `its workflow is ${last.status}, which somebody decided: resume it, or abort it`,
    };
  return startAgain(deps, standing, restoring);
}

const RUNNING = ['RUNNING', 'PAUSED'];

interface RunningOne {
  readonly last: ToldRun;
  readonly restoring: Restoring;
}

async function rouseRunning(deps: RestoreDeps, standing: Standing, { last, restoring }: RunningOne): Promise<Roused> {
  const { orderId, record, isRebuilt } = standing;
  const known = knownBy(last);
  if (!isBehind(known, record)) {
    const differs =
      isFurther(known.stage, record.stage) && `its workflow is ${known.stage}, and it is ${record.stage} on record`;
    return { workflow: 'kept', ...(differs && { forPerson: differs }) };
  }
  // A step is on record a moment before its workflow knows of it; and what was taken into the record now says nothing of when it moved before.
  const isQuiet = !isRebuilt && Date.now() - record.updatedAt.getTime() >= deps.quietForMs;
  if (!isQuiet || (await eventsOf(deps, orderId)) !== last.events)
    return { workflow: 'kept', forPerson: 'it has moved a moment ago: repeat this' };
  if (!isEnded(record.stage)) return startAgain(deps, standing, restoring);
  if (restoring.isDry) return { workflow: 'ended' };
  const handle = deps.client.workflow.getHandle(workflowIdOf(orderId), last.runId);
  await handle.terminate(`it is ${record.stage} on record`);
  await tellOfEnd(deps, standing, restoring);
  return { workflow: 'ended' };
}

/** Parties' own servers that have not signed for the end are told; whether there were any. */
function tellOfEnd(deps: RestoreDeps, { orderId }: Standing, restoring: Restoring): Promise<boolean> {
  return notifyOfEnd(deps.orm, orderId, restoring.isDry ? async () => 'started' : starting(deps, restoring));
}

async function eventsOf({ client }: RestoreDeps, orderId: OrderId): Promise<number> {
  return (await client.workflow.getHandle(workflowIdOf(orderId)).describe()).historyLength;
}

async function startAgain(deps: RestoreDeps, { orderId }: Standing, restoring: Restoring): Promise<Roused> {
  if (restoring.isDry) return { workflow: 'started' };
  const resumed = await resumeOrder(deps.orm, orderId, restoring, starting(deps, restoring));
  return resumed.ok ? { workflow: 'started' } : { workflow: 'kept', forPerson: resumed.detail };
}

/** One that runs and knows less than the record is terminated by the start of the next. */
function starting({ client }: RestoreDeps, { actor }: Restoring): StartAgain {
  return async (input) => {
    await client.workflow.start(ORDER_WORKFLOW, restartOptions(input, `restored by ${actor}`));
    return 'started';
  };
}
