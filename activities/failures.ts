import { ApplicationFailure } from '@temporalio/common';

/* The one file that sorts failures. Refusals are results and never come here; what comes here is a fault. */

type Steps = Record<string, (input: never) => Promise<unknown>>;

/** Names every fault by a short stable type, which the order's attention shows and the Temporal UI searches by. */
export function guarded<S extends Steps>(steps: S): S {
  const wrap =
    (step: Steps[string]): Steps[string] =>
    (input) =>
      step(input).catch((error: unknown) => raise(error));
  return Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, wrap(step)])) as S;
}

function raise(error: unknown): never {
  if (error instanceof ApplicationFailure) throw error;
  const message = error instanceof Error ? error.message : String(error);
  // The message of a database error may quote bind values: only its first line goes into histories.
  const [firstLine = message] = message.split('\n');
  const type = typeOf(error);
  throw ApplicationFailure.create({ message: firstLine, type, nonRetryable: HOPELESS.has(type) });
}

/** No repetition mends these: the order asks for an operator's decision at once. */
const HOPELESS = new Set(['ForgottenError', 'UnsealableError']);

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);

function typeOf(error: unknown): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as Error & { code?: unknown };
    if (typeof code === 'string' && NETWORK_CODES.has(code)) return 'DatabaseUnavailable';
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return 'DatabaseRefused';
    if (/connection terminated|timeout exceeded when trying to connect/i.test(cause.message))
      return 'DatabaseUnavailable';
  }
  return error instanceof Error && error.name !== 'Error' ? error.name : 'StepFailed';
}
