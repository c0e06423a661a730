import type { Outcome } from '../../office/outcome.ts';
import { PROBLEMS, problemUri, type ProblemSlug } from './problems.ts';

/** One place in a request that does not fit: RFC 6901 pointer into the body, or the name of a parameter. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemExtras {
  /** Members beside the standard ones, e.g. `orderId`, `reason`, `errors`. */
  readonly extensions?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
}

/** A refusal of a request, thrown anywhere below a route and answered by the one error handler. */
export class Problem extends Error {
  readonly slug: ProblemSlug;
  readonly extensions: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(slug: ProblemSlug, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.name = 'Problem';
    this.slug = slug;
    this.extensions = extras.extensions ?? {};
    this.headers = extras.headers ?? {};
  }

  get status(): number {
    return PROBLEMS[this.slug].status;
  }

  /** The RFC 9457 document. `instance` is the request's id, under which the log has the rest. */
  document(requestId: string): Record<string, unknown> {
    const { status, title } = PROBLEMS[this.slug];
    const instance = `urn:request:${encodeURIComponent(requestId)}`;
    return { type: problemUri(this.slug), title, status, detail: this.message, instance, ...this.extensions };
  }
}

/** The refusal of one place of a request that fits its schema and yet cannot be. */
export function invalidField(pointer: string, detail: string, sentence: string): Problem {
  return new Problem('invalid-request', sentence, { extensions: { errors: [{ pointer, detail }] } });
}

/** What an operation came to. Throws the problem for its refusal; a code without a problem does not compile. */
export function valueOf<Value, Code extends string>(
  outcome: Outcome<Value, Code>,
  problems: Readonly<Record<Code, ProblemSlug>>,
  extras: ProblemExtras = {},
): Value {
  if (outcome.ok) return outcome.value;
  throw new Problem(problems[outcome.code], `${outcome.detail}.`, extras);
}
