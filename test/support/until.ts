import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/**
 * How long a test waits for what must come: an attempt of a step that was lost ends after half a minute, and the next one may be a minute
 * away. Only a test that is about to fail waits to its end.
 */
export const PATIENCE_MS = 150_000;

export interface Waiting<Value> {
  /** What is waited for. Default: the condition as it is written. */
  readonly what?: string;
  /** What a failure shows of the last value. Default: all of it. */
  readonly seen?: (last: Value) => unknown;
  /** Of whatever moves meanwhile: each time that this is another text, the patience begins anew. */
  readonly progress?: (value: Value) => string;
  /** Between two readings. */
  readonly pauseMs?: number;
  readonly patienceMs?: number;
}

type Missing = undefined | null | false;

/**
 * Reads again and again until the value is as wanted, and answers it; without a condition, until there is one. Fails when the patience
 * is at its end, and says what was waited for and what was seen last. What a reading throws is thrown at once.
 */
export async function until<Value, Wanted extends Value>(
  read: () => Value | Promise<Value>,
  wanted: (value: Value) => value is Wanted,
  waiting?: Waiting<Value>,
): Promise<Wanted>;
export async function until<Value>(
  read: () => Value | Promise<Value>,
  wanted: (value: Value) => boolean,
  waiting?: Waiting<Value>,
): Promise<Value>;
export async function until<Value>(
  read: () => Value | Promise<Value>,
  waiting?: Waiting<Value>,
): Promise<Exclude<Value, Missing>>;
export async function until<Value>(
  read: () => Value | Promise<Value>,
  wantedOrWaiting: ((value: Value) => boolean) | Waiting<Value> = {},
  waitingToo: Waiting<Value> = {},
): Promise<Value> {
  const [wanted, waiting] =
    typeof wantedOrWaiting === 'function' ? [wantedOrWaiting, waitingToo] : [Boolean, wantedOrWaiting];
  const { what = String(wanted === Boolean ? read : wanted), seen, progress } = waiting;
  const { pauseMs = 25, patienceMs = PATIENCE_MS } = waiting;
  let before: string | undefined;
  for (let giveUpAt = Date.now() + patienceMs; ; await sleep(pauseMs)) {
    const value = await read();
    if (wanted(value)) return value;
    const now = progress?.(value);
    if (now !== before) giveUpAt = Date.now() + patienceMs;
    before = now;
    if (Date.now() < giveUpAt) continue;
    throw new Error(`waited ${patienceMs / 1_000} s for: ${what}\nseen last: ${shown(seen ? seen(value) : value)}`);
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { depth: 8, breakLength: Infinity });
}
