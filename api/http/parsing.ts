import express, { type RequestHandler } from 'express';
import type { z } from 'zod';
import { Problem, type FieldError } from './problem.ts';

const MAX_BODY = '64kb';
const MAX_DEPTH = 16;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads the body as JSON, within limits: size, UTF-8, nesting, content type. Sets `request.body`. */
export function jsonBody(): RequestHandler[] {
  return [refuseOtherContent, express.raw({ type: () => true, limit: MAX_BODY }), parseJson];
}

const refuseOtherContent: RequestHandler = (request, _response, next) => {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  if (!hasBody || isJson(request.headers['content-type'])) return next();
  const sent = request.headers['content-type'] ?? 'none';
  throw new Problem(
    'unsupported-media-type',
    `The body must be application/json in UTF-8; the Content-Type is ${sent}.`,
  );
};

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?$/i;

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && JSON_TYPE.test(contentType.trim());
}

const parseJson: RequestHandler = (request, _response, next) => {
  const bytes: unknown = request.body;
  request.body = Buffer.isBuffer(bytes) && bytes.length > 0 ? parseBytes(bytes) : undefined;
  next();
};

function parseBytes(bytes: Buffer): unknown {
  const text = decode(bytes);
  if (depthOf(text) > MAX_DEPTH)
    throw new Problem('malformed-request', `The JSON is nested deeper than ${MAX_DEPTH} levels.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('malformed-request', 'The body is not valid JSON.');
  }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem('malformed-request', 'The body is not valid UTF-8.');
  }
}

/** The deepest nesting of a JSON text, found without parsing it, in one pass: brackets outside strings. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') inString = !inString;
    else if (inString && character === '\\') at++;
    else if (!inString && (character === '[' || character === '{')) deepest = Math.max(deepest, ++depth);
    else if (!inString && (character === ']' || character === '}')) depth--;
  }
  return deepest;
}

/** Parses one part of a request. Throws `invalid-request` that names every place which does not fit. */
export function parsePart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: 'body' | 'query',
): z.infer<Schema> {
  const result = schema.safeParse(value, { error: messageOf });
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(fieldErrors);
  const first = errors[0];
  const detail = `${errors.length === 1 ? 'One place' : `${errors.length} places`} in the ${place} did not fit: ${first?.pointer || 'the document'}: ${first?.detail}.`;
  throw new Problem('invalid-request', detail, { extensions: { errors } });
}

/** An unknown key is an error at its own pointer, so that a misspelt optional field is not silently ignored. */
function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerTo(issue.path), detail: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: 'This field is not known' }));
}

/** RFC 6901. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a JSON object',
};

/** Says in plain words what is wrong at a place of a request. `undefined` leaves it to zod's own message. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value'))
    return 'is required';
  if (issue.code === 'invalid_type') return `must be ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be ${oneOf(issue.values.map(String))}`;
  if (issue.code === 'too_small') return bound('at least', issue.origin, Number(issue.minimum));
  if (issue.code === 'too_big') return bound('at most', issue.origin, Number(issue.maximum));
  if (issue.code !== 'invalid_format') return undefined;
  return issue.format === 'datetime' ? 'must be a time such as 2026-11-24T09:30:00Z' : undefined;
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;
}

function bound(words: string, origin: string, limit: number): string {
  if (origin === 'string') return `must have ${words} ${limit} character${limit === 1 ? '' : 's'}`;
  if (origin === 'array') return `must have ${words} ${limit} item${limit === 1 ? '' : 's'}`;
  return `must be ${words} ${limit}`;
}
