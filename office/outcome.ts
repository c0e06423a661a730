/*
 * The one way in which the office says no. What changes something answers an `Outcome`: done, or a refusal with a code of its own
 * union, which the API maps to a problem by a complete `Record<Code, ProblemSlug>`. What only reads answers `undefined` where
 * there is nothing. Only faults throw; what the ledger throws inside a transaction becomes a refusal in `orRefusal`.
 */

/** A business no. Nothing has changed. */
export interface Refusal<Code extends string> {
  readonly ok: false;
  /** Stable, in kebab case. */
  readonly code: Code;
  /** A sentence or half of one, for whoever asked. */
  readonly detail: string;
}

export type Outcome<Value, Code extends string> = { readonly ok: true; readonly value: Value } | Refusal<Code>;

export function done<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function refused<Code extends string>(code: Code, detail: string): Refusal<Code> {
  return { ok: false, code, detail };
}
