import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { failureOf, type StepFault } from '../../domain/faults.ts';
import type { FairShares } from './fair-shares.ts';

/* The worker's view of a fault: refusals are results and never come here. Which fault it is says domain/faults.ts. */

type Step = (input: never) => Promise<unknown>;
type Steps = Record<string, Step>;
/** The same steps as plain functions: none of them needs `this`. */
type Guarded<S extends Steps> = {
  [Name in keyof S]: (this: void, ...input: Parameters<S[Name]>) => ReturnType<S[Name]>;
};

/**
 * Names every fault by a short stable type (`STEP_FAULTS`), which the order's attention shows and the Temporal UI searches by,
 * and ends every step before Temporal does, so that it is the step that says what it waited for. `limited`: the steps named
 * there share the connections fairly.
 */
export function guarded<S extends Steps>(
  steps: S,
  limited?: { shares: FairShares; steps: readonly (keyof S)[] },
): Guarded<S> {
  const wrap = (name: string, step: Step): Step => {
    const shares = limited?.steps.includes(name) ? limited.shares : undefined;
    return (input) =>
      bounded((abandoned) => shares?.run(input, () => step(input), abandoned) ?? step(input)).catch(raise);
  };
  return Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [name, wrap(name, step)]),
  ) as unknown as Guarded<S>;
}

/** The share of its time that a step may use; the rest is for saying why it failed. */
const USABLE_SHARE = 0.9;

/** Gives up on a step that is about to run out of its time. What it has begun ends by the database's own bounds, or is done twice without harm. */
async function bounded<Result>(step: (abandoned: AbortSignal) => Promise<Result>): Promise<Result> {
  const limitMs = startToCloseMs();
  const abandoning = new AbortController();
  if (limitMs === undefined) return step(abandoning.signal);
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        failure('DatabaseSlow', `the step has waited for the database for ${Math.round(limitMs * USABLE_SHARE)} ms`),
      );
      abandoning.abort();
    }, limitMs * USABLE_SHARE);
  });
  try {
    return await Promise.race([step(abandoning.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** `undefined` outside Temporal: a test calls the step. */
function startToCloseMs(): number | undefined {
  try {
    return Context.current().info.startToCloseTimeoutMs;
  } catch {
    return undefined;
  }
}

function raise(error: unknown): never {
  if (error instanceof ApplicationFailure) throw error;
  const { fault, message } = failureOf(error);
  throw failure(fault, message);
}

/** No repetition changes these: the order asks for an operator's decision at once. */
const HOPELESS: readonly StepFault[] = ['ForgottenError', 'UnsealableError'];

export function isHopeless(fault: StepFault): boolean {
  return HOPELESS.includes(fault);
}

function failure(type: StepFault, message: string): ApplicationFailure {
  return ApplicationFailure.create({ message, type, nonRetryable: isHopeless(type) });
}
