import type { z } from 'zod';
import { Problem, type FieldError } from './problem.ts';
import { wordingOf } from './wording.ts';

/** Parses one part of a request. Throws `invalid-request` that names every place which does not fit. */
export function parsePart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: 'body' | 'query',
): z.infer<Schema> {
  const result = schema.safeParse(value, { error: wordingOf });
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
