import {
  CancelledFailure,
  CancellationScope,
  condition,
  ContinueAsNew,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/index.ts';
import type { Decided, Ending } from '../../domain/ending.ts';
import { stepPolicies } from '../../temporal.config.ts';
import { clearAttention, messageOf, raiseAttention, reasonOf } from './attention.ts';
import { isRecord } from '../messages/shapes.ts';
import { mayRenew, renew } from './continue-as-new.ts';
import { SUMMARY } from './step-summaries.ts';
import type { Story } from './story.ts';

type StepName = keyof OrderActivities;
type StepInput<Name extends StepName> = Parameters<OrderActivities[Name]>[0];
type StepAnswer<Name extends StepName> = Awaited<ReturnType<OrderActivities[Name]>>;
/** What a step came to, where it was not decided before that the order ends. */
type StepResult<Name extends StepName> = Exclude<StepAnswer<Name>, Decided>;
type Step = (input: unknown) => Promise<unknown>;

/** It was decided on record that the order ends early, whatever the story was about to do: it follows the record. */
export class DecidedOtherwise extends Error {
  override readonly name = 'DecidedOtherwise';
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(`the order ends as ${ending.stage}`);
    this.ending = ending;
  }
}

const fast = proxyLocalActivities<Record<string, Step>>(stepPolicies.fast);
const durable = proxyActivities<Record<string, Step>>(stepPolicies.durable);

/**
 * Takes one step. It runs first beside the workflow, one short attempt, for a healthy step leaves a single marker. When that
 * fails for a technical reason, the same step under the same key goes on as a regular activity: seen in the Temporal UI with
 * its attempts and last error, retried for a day, while the order says that it needs attention. It then waits for an
 * operator. It never just fails.
 */
export async function runStep<Name extends StepName>(
  story: Story,
  name: Name,
  input: StepInput<Name>,
): Promise<StepResult<Name>> {
  return followed(await answerOf(story, name, input, tryFast));
}

/**
 * Takes one step as a regular activity from the first attempt on: its answer then stands in the history before anything
 * follows from it, which the answer of a local activity does not until the whole workflow task is over.
 */
export function runStepDurably<Name extends StepName>(
  story: Story,
  name: Name,
  input: StepInput<Name>,
): Promise<StepAnswer<Name>> {
  return answerOf(story, name, input, trySoon);
}

async function answerOf<Name extends StepName>(
  story: Story,
  name: Name,
  input: StepInput<Name>,
  attempt: (name: StepName, input: unknown) => Promise<unknown>,
): Promise<StepAnswer<Name>> {
  try {
    return (await attempt(name, input)) as StepAnswer<Name>;
  } catch (failure) {
    return goOn(story, name, input, failure);
  }
}

function followed<Answer>(answer: Answer): Exclude<Answer, Decided> {
  if (isDecided(answer)) throw new DecidedOtherwise(answer.ending);
  return answer as Exclude<Answer, Decided>;
}

function isDecided(answer: unknown): answer is Decided {
  return isRecord(answer) && answer['kind'] === 'decided';
}

/** Steps whose fast tries are over. Each brings its own to its end: at once with the result, or in the durable lane. */
export type Tried<Names extends StepName> = { readonly [Name in Names]: () => Promise<StepAnswer<Name>> };

/**
 * Takes steps at the same time. What follows begins only when all of their fast tries are over: these answer one by one the
 * first time, and all at once in a replay, and the workflow must do the same in both.
 */
export async function runStepsTogether<Names extends StepName>(
  story: Story,
  inputs: { readonly [Name in Names]: StepInput<Name> },
): Promise<Tried<Names>> {
  const names = Object.keys(inputs) as Names[];
  const tries = await Promise.allSettled(names.map((name) => tryFast(name, inputs[name])));
  const ends = tries.map((tried, index) => () => {
    const name = names[index];
    if (name === undefined) throw new Error('every try has its step');
    return tried.status === 'fulfilled' ? Promise.resolve(tried.value) : goOn(story, name, inputs[name], tried.reason);
  });
  return Object.fromEntries(names.map((name, index) => [name, ends[index]])) as unknown as Tried<Names>;
}

/** Goes on with a step whose fast try failed, unless it was cancelled: in the durable lane, until it has its result. */
async function goOn<Name extends StepName>(
  story: Story,
  name: Name,
  input: StepInput<Name>,
  failure: unknown,
): Promise<StepAnswer<Name>> {
  if (isCancellation(failure)) throw failure;
  throwIfCancelled(name);
  story.errors.set(name, messageOf(failure));
  raiseAttention(story, name, reasonOf(failure), 'check-office');
  try {
    const answer = (await persist(story, name, input)) as StepAnswer<Name>;
    clearAttention(story, name);
    return answer;
  } catch (fault) {
    // A new run goes on with the step, and with its attention.
    if (!(fault instanceof ContinueAsNew)) clearAttention(story, name);
    throw fault;
  }
}

async function persist(story: Story, name: StepName, input: unknown): Promise<unknown> {
  for (;;) {
    const before = story.retries;
    const askedAgain = () => story.retries > before;
    const attempt = new CancellationScope();
    try {
      return await attempt.run(() => tryUntil(attempt, askedAgain, tryDurably(name, input)));
    } catch (failure) {
      throwIfCancelled(name);
      if (askedAgain()) continue;
      story.errors.set(name, messageOf(failure));
      // Hopeless, or a day has passed: it waits for an operator's decision, and the reason says so.
      raiseAttention(story, name, `Parked:${reasonOf(failure)}`, 'operator');
      await condition(() => askedAgain() || mayRenew(story));
      if (!askedAgain()) await renew(story);
    } finally {
      attempt.cancel();
    }
  }
}

/** Whatever ends the waiting (an operator, a cancel), the step itself comes to its end before anything else happens. */
async function tryUntil(
  attempt: CancellationScope,
  askedAgain: () => boolean,
  tried: Promise<unknown>,
): Promise<unknown> {
  const settled = tried.catch(() => undefined);
  await Promise.race([settled, condition(askedAgain)]).catch(() => settled);
  if (askedAgain()) attempt.cancel();
  return tried;
}

/** A step that fails after its cancel was asked for is reported with its failure, not as cancelled: the cancel counts. */
function throwIfCancelled(name: StepName): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(`${name} was cancelled`);
}

function tryFast(name: StepName, input: unknown): Promise<unknown> {
  return stepOf(fast, name).executeWithOptions({ ...stepPolicies.fast, summary: SUMMARY[name] }, [input]);
}

function trySoon(name: StepName, input: unknown): Promise<unknown> {
  return stepOf(durable, name).executeWithOptions({ ...stepPolicies.decisive, summary: SUMMARY[name] }, [input]);
}

function tryDurably(name: StepName, input: unknown): Promise<unknown> {
  return stepOf(durable, name).executeWithOptions({ ...stepPolicies.durable, summary: SUMMARY[name] }, [input]);
}

function stepOf<Proxied>(proxy: Readonly<Record<string, Proxied>>, name: StepName): Proxied {
  const step = proxy[name];
  if (!step) throw new Error(`no step ${name}`);
  return step;
}
