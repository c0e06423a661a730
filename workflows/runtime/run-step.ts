import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  CancellationScope,
  condition,
  ContinueAsNew,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/index.ts';
import type { Decided } from '../../domain/order.ts';
import { stepPolicies } from '../../temporal.config.ts';
import { EarlyEnding } from './early-ending.ts';
import type { RunningOrder } from './running-order.ts';
import { SUMMARY } from './step-summaries.ts';
import { clearAttention, raiseAttention } from './visibility.ts';
import { continueInNewRun, mayContinueAsNew } from './waiting.ts';

type StepName = keyof OrderActivities;
type StepInput<Name extends StepName> = Parameters<OrderActivities[Name]>[0];
type StepAnswer<Name extends StepName> = Awaited<ReturnType<OrderActivities[Name]>>;
/** What a step came to, where it was not decided before that the order ends. */
type StepResult<Name extends StepName> = Exclude<StepAnswer<Name>, Decided>;

const local = proxyLocalActivities<Record<string, (input: unknown) => Promise<never>>>(stepPolicies.fast);
const regular = proxyActivities<Record<string, (input: unknown) => Promise<never>>>(stepPolicies.durable);

/**
 * Runs one step. It runs first as a local activity, one short attempt, for a healthy step leaves a single marker. When that
 * fails for a technical reason, the same step under the same key goes on as a regular activity: seen in the Temporal UI with
 * its attempts and last error, retried for a day, while the order says that it needs attention. It then waits for an
 * operator. It never just fails. Throws `EarlyEnding` when it was decided on record that the order ends early.
 */
export async function runStep<Name extends StepName>(
  order: RunningOrder,
  name: Name,
  input: StepInput<Name>,
): Promise<StepResult<Name>> {
  const answer = await answerOf(order, name, input, runLocally(order, name, input));
  if (isDecided(answer)) throw new EarlyEnding(answer.ending);
  return answer as StepResult<Name>;
}

/**
 * Runs one step as a regular activity from the first attempt on: its answer then stands in the history before anything
 * follows from it, which the answer of a local activity does not until the whole workflow task is over.
 */
export function runStepDurably<Name extends StepName>(
  order: RunningOrder,
  name: Name,
  input: StepInput<Name>,
): Promise<StepAnswer<Name>> {
  return answerOf(order, name, input, runDecisively(name, input));
}

/**
 * Runs steps at the same time. What follows begins only when all of their local attempts are over: these answer one by one
 * the first time, and all at once in a replay, and the workflow must do the same in both. A substitute, as soon as there is
 * one, takes the place of an answer that cannot be had.
 */
export async function runStepsTogether<Names extends StepName>(
  order: RunningOrder,
  inputs: { readonly [Name in Names]: StepInput<Name> },
  substitutes: { readonly [Name in Names]?: () => StepAnswer<Name> | undefined } = {},
): Promise<{ readonly [Name in Names]: StepAnswer<Name> }> {
  const names = Object.keys(inputs) as Names[];
  const attempts = await Promise.allSettled(names.map((name) => runLocally(order, name, inputs[name])));
  const answers = names.map((name, index) => {
    const first = attempts[index] as PromiseSettledResult<StepAnswer<typeof name>>;
    const finish = async () => {
      if (first.status !== 'fulfilled') return retryDurably(order, name, inputs[name], first.reason);
      endTakenUp(order, name);
      return first.value;
    };
    const substitute = substitutes[name];
    return substitute ? unlessSubstituted(substitute, finish) : finish();
  });
  const entries = (await Promise.all(answers)).map((answer, index) => [names[index], answer]);
  return Object.fromEntries(entries) as { readonly [Name in Names]: StepAnswer<Name> };
}

async function answerOf<Name extends StepName>(
  order: RunningOrder,
  name: Name,
  input: StepInput<Name>,
  attempt: Promise<StepAnswer<Name>>,
): Promise<StepAnswer<Name>> {
  try {
    const answer = await attempt;
    endTakenUp(order, name);
    return answer;
  } catch (failure) {
    return retryDurably(order, name, input, failure);
  }
}

/** The attention with which an earlier run left the step is over: it has its answer. */
function endTakenUp(order: RunningOrder, name: StepName): void {
  if (order.takenUp.delete(name)) clearAttention(order, name);
}

function isDecided(answer: unknown): answer is Decided {
  return typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind === 'decided';
}

async function unlessSubstituted<Answer>(
  substitute: () => Answer | undefined,
  run: () => Promise<Answer>,
): Promise<Answer> {
  const { running } = await runUntil(() => substitute() !== undefined, run);
  return substitute() ?? running;
}

/** Goes on with a step whose first attempt failed, unless it was cancelled: as a regular activity, until it has its result. */
async function retryDurably<Name extends StepName>(
  order: RunningOrder,
  name: Name,
  input: StepInput<Name>,
  failure: unknown,
): Promise<StepAnswer<Name>> {
  if (isCancellation(failure)) throw failure;
  throwIfCancelled(name);
  order.errors.set(name, messageOf(failure));
  raiseAttention(order, name, reasonOf(failure), 'check-office');
  try {
    const answer = await retryUntilAnswered(order, name, input);
    clearAttention(order, name);
    return answer;
  } catch (fault) {
    // A new run goes on with the step, and with its attention.
    if (!(fault instanceof ContinueAsNew)) clearAttention(order, name);
    throw fault;
  }
}

async function retryUntilAnswered<Name extends StepName>(
  order: RunningOrder,
  name: Name,
  input: StepInput<Name>,
): Promise<StepAnswer<Name>> {
  for (;;) {
    const before = order.inbox.retries;
    const askedAgain = () => order.inbox.retries > before;
    try {
      const { running } = await runUntil(askedAgain, () => runDurably(name, input));
      return await running;
    } catch (failure) {
      throwIfCancelled(name);
      if (askedAgain()) continue;
      order.errors.set(name, messageOf(failure));
      // Hopeless, or a day has passed: it waits for an operator's decision, and the reason says so.
      raiseAttention(order, name, `Parked:${reasonOf(failure)}`, 'operator');
      await condition(() => askedAgain() || mayContinueAsNew(order));
      if (!askedAgain()) await continueInNewRun(order);
    }
  }
}

/**
 * Starts something and waits until it is over, or until `interrupted`: then it is cancelled. Whoever must not go on before it
 * has come to its end awaits `running`.
 */
async function runUntil<Result>(
  interrupted: () => boolean,
  start: () => Promise<Result>,
): Promise<{ readonly running: Promise<Result> }> {
  const scope = new CancellationScope();
  return scope.run(async () => {
    const running = start();
    const over = running.catch(() => undefined);
    await Promise.race([over, condition(interrupted)]).catch(() => over);
    scope.cancel();
    return { running };
  });
}

/** A step that fails after its cancel was asked for is reported with its failure, not as cancelled: the cancel counts. */
function throwIfCancelled(name: StepName): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(`${name} was cancelled`);
}

function runLocally<Name extends StepName>(
  order: RunningOrder,
  name: Name,
  input: StepInput<Name>,
): Promise<StepAnswer<Name>> {
  const attempt = activity(local, name).executeWithOptions({ ...stepPolicies.fast, summary: SUMMARY[name] }, [input]);
  const over = () => {
    order.localAttempts -= 1;
  };
  order.localAttempts += 1;
  // Beside the attempt, not around it: its answer takes no longer, which older histories depend on.
  void attempt.then(over, over);
  return attempt;
}

function runDecisively<Name extends StepName>(name: Name, input: StepInput<Name>): Promise<StepAnswer<Name>> {
  return activity(regular, name).executeWithOptions({ ...stepPolicies.decisive, summary: SUMMARY[name] }, [input]);
}

function runDurably<Name extends StepName>(name: Name, input: StepInput<Name>): Promise<StepAnswer<Name>> {
  return activity(regular, name).executeWithOptions({ ...stepPolicies.durable, summary: SUMMARY[name] }, [input]);
}

function activity<Proxied>(proxy: Readonly<Record<string, Proxied>>, name: StepName): Proxied {
  const found = proxy[name];
  if (!found) throw new Error(`no step ${name}`);
  return found;
}

/** What a technical failure says, in one short line. */
function messageOf(failure: unknown): string {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return line.slice(0, 200);
}

/** A short stable name of a technical failure, for the search attribute. */
function reasonOf(failure: unknown): string {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  if (cause instanceof TimeoutFailure) return 'TimedOut';
  if (cause instanceof ApplicationFailure) return cause.type ?? 'StepFailed';
  return 'StepFailed';
}
