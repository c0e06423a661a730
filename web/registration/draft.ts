import { useState } from 'react';

/** What a person is typing, beside what is registered. */
export interface Draft<Value> {
  readonly value: Value;
  readonly isChanged: boolean;
  /** What is registered is no longer what the person began with: somebody else has changed it. */
  readonly isOvertaken: boolean;
  readonly set: (value: Value) => void;
  /** Forgets what was typed. */
  readonly drop: () => void;
}

/**
 * Keeps what is typed until it is saved or dropped, whatever is read meanwhile; without anything typed it shows what is registered.
 * What was overtaken is said, and the person decides.
 */
export function useDraft<Value>(registered: Value): Draft<Value> {
  const [draft, setDraft] = useState<{ readonly value: Value; readonly began: string }>();
  const now = JSON.stringify(registered);
  return {
    value: draft ? draft.value : registered,
    isChanged: draft !== undefined && JSON.stringify(draft.value) !== now,
    isOvertaken: draft !== undefined && draft.began !== now,
    set: (value) => setDraft({ value, began: draft?.began ?? now }),
    drop: () => setDraft(undefined),
  };
}
