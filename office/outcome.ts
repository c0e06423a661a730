/** The answer of an office operation: done, or a business no with a stable code. Only faults throw. */
export type Outcome<Value, Code extends string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly code: Code; readonly detail: string };

export function done<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function refused<Code extends string>(code: Code, detail: string): { ok: false; code: Code; detail: string } {
  return { ok: false, code, detail };
}
