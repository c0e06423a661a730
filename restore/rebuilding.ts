import { messageId } from '../domain/party-messages.ts';
import { shortMessageOf } from '../platform/error-facts.ts';
import type { OrderId } from '../domain/ids.ts';
import { isEnded } from '../domain/order.ts';
import { isTransmission, TRANSMISSIONS } from '../domain/transmissions.ts';
import { recordRequested } from '../office/orders/index.ts';
import { decidedBeside, kindOf, ruleOf, stepName } from './knowledge.ts';
import type { OnRecord } from './record.ts';
import { requestOf, STOP, stepsOf } from './untold-steps.ts';
import { redo, type RedoDeps } from './redoing.ts';
import type { ToldRun, ToldStep } from './replaying.ts';

/** An order as its workflow tells of it, and as it is on record. */
export interface Told {
  readonly orderId: OrderId;
  /** The oldest first. */
  readonly runs: readonly ToldRun[];
  /** Absent: it is not on record. */
  readonly record?: OnRecord;
}

export interface Rebuilt {
  /** What was taken into the record, in the order in which it happened. */
  readonly rebuilt: readonly string[];
  /** Why it stopped there; absent when all of it is on record now. */
  readonly forPerson?: string;
}

/**
 * Takes into the record what the workflow's histories say and it does not hold. It stops at the first step that does not come out as it came
 * out then: what would follow rests on it. With `isDry` nothing is taken.
 */
export async function rebuild(deps: RedoDeps, { runs, record }: Told, isDry: boolean): Promise<Rebuilt> {
  const [first] = runs;
  const rebuilt: string[] = [];
  if (!first) return { rebuilt };
  if (!record) {
    if (first.input.carried || first.input.resumed) return { rebuilt, forPerson: BEGINNING_GONE };
    const forPerson = isDry ? undefined : await putOnRecord(deps, first);
    if (forPerson !== undefined) return { rebuilt, forPerson };
    rebuilt.push('request');
  }
  const taken = new Set<string>();
  for (const { input, step } of stepsOf(runs)) {
    if (!isMissing(step, input.orderId, record)) continue;
    // A run that began with a reset tells the steps of the one that was reset once more.
    const key = keyOf(step, input.orderId);
    if (taken.has(key)) continue;
    taken.add(key);
    const forPerson = isDry ? undefined : await redo(deps, input, step).catch((error) => failed(step, error));
    if (forPerson !== undefined) return { rebuilt, forPerson };
    rebuilt.push(step.name);
  }
  return { rebuilt };
}

const BEGINNING_GONE =
  'Temporal does not keep the history of its beginning any more, so its check and its money cannot be proven';

/** Puts it on record as it was requested; otherwise says why not. */
async function putOnRecord({ orm }: RedoDeps, first: ToldRun): Promise<string | undefined> {
  try {
    await recordRequested(orm.em.fork(), requestOf(first));
    return undefined;
  } catch (error) {
    return failed({ name: 'request' }, error);
  }
}

function failed({ name }: Pick<ToldStep, 'name'>, error: unknown): string {
  return `${name}: ${shortMessageOf(error)}`;
}

/** What tells one step of an order from another: the same twice is the same step. */
function keyOf(step: ToldStep, orderId: OrderId): string {
  const { name, isTransmission: isMessage, input } = step;
  if (!isMessage || !isTransmission(name)) return [name, ...(ruleOf(step)?.keys ?? [])].join(' ');
  const { attempt } = input as { readonly attempt?: number };
  return messageId(orderId, TRANSMISSIONS[name], attempt);
}

/** Whether the record does not hold what the step has put there. */
function isMissing(step: ToldStep, orderId: OrderId, record: OnRecord | undefined): boolean {
  const { name, isTransmission: isMessage, answer } = step;
  if (isMessage) {
    if (!isTransmission(name) || kindOf(answer) === 'unneeded') return false;
    return !record?.receipted.has(keyOf(step, orderId));
  }
  // Of an order that has ended on record all of its steps are there; its events may be in the archive.
  if (record && isEnded(record.stage)) return false;
  if (name === STOP) return !record?.keys.has('check_stopped');
  if (stepName(step) === undefined) return false;
  if (decidedBeside(step)) return !record?.isEndingDecided;
  const rule = ruleOf(step);
  return rule !== undefined && !rule.keys.every((key) => record?.keys.has(key));
}
