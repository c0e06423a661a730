import { ApplicationFailure } from '@temporalio/workflow';
import { keptInstant } from '../../domain/instant.ts';

/** What one field of a message may hold. `text` is one line or several for people, `token` a signed or sealed value. */
type Field = 'text' | 'token' | 'instant' | readonly string[];
/** A message's fields by name; a `?` at the end marks one that may be absent. */
export type Shape = Readonly<Record<string, Field>>;

/** RFC 3339. */
const INSTANT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/;
/** Neither NUL nor half a character, both of which PostgreSQL refuses. */
const TEXT = /^(?:[^\p{Cc}\p{Cs}]|[\n\t]){1,500}$/u;
const TOKEN = /^[\w.-]{1,8192}$/;

/** Refuses a message before it leaves a trace. The API answers 409 `illegal-transition`. */
export function refuseUnless(allowed: boolean, detail: string): asserts allowed {
  if (!allowed) throw ApplicationFailure.nonRetryable(detail, 'illegal-transition');
}

/**
 * Refuses a message that is not what its name promises, before a handler reads it: anyone at the plain CLI may send
 * anything, and a handler that stumbles would hold up the whole order.
 */
export function refuseMalformed(message: unknown, shape: Shape): void {
  refuseUnless(isRecord(message), `the message must be a JSON object with ${Object.keys(shape).join(', ')}`);
  for (const [key, field] of Object.entries(shape)) {
    const name = key.replace(/\?$/, '');
    const value = message[name];
    const absent = value === undefined || value === null;
    refuseUnless(absent ? name !== key : fits(value, field), `${name} must be ${nameOf(field)}`);
  }
}

/** Reads an RFC 3339 instant that the service keeps and prints it in UTC; `undefined` when the text is not one. */
export function readInstant(value: unknown): string | undefined {
  return typeof value === 'string' && INSTANT.test(value) ? keptInstant(value) : undefined;
}

/** True for text that people and the database can read, of at most 500 characters. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && TEXT.test(value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fits(value: unknown, field: Field): boolean {
  if (field === 'text') return isText(value) && !isPlaceholder(value);
  if (field === 'token') return typeof value === 'string' && TOKEN.test(value);
  if (field === 'instant') return readInstant(value) !== undefined;
  return typeof value === 'string' && field.includes(value);
}

/** What a command prints for its reader to fill in, pasted as it stands, is nobody's name and no reason. */
function isPlaceholder(text: string): boolean {
  return /^\s*(<.*>|…+|\.{3,})\s*$/.test(text);
}

function nameOf(field: Field): string {
  if (field === 'text') return 'text of 1 to 500 characters, not a placeholder';
  if (field === 'token') return 'a compact JWS or JWE';
  return field === 'instant' ? 'a time, RFC 3339' : `one of ${field.join(', ')}`;
}
