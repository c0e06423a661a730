import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { useRef } from 'react';

/** What a typed request answers: `data`, or the problem as `error`. */
interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * One thing that a person does at a desk, by one request. Afterwards everything on the page is read afresh. The `Idempotency-Key` that
 * it is handed stays the same for the same input until the API has decided: a repeat after a lost answer has one effect.
 */
export function useAct<Input, T>(
  request: (input: Input, idempotencyKey: string) => Promise<Answer<T>>,
  onDone?: (data: T | undefined, input: Input) => void,
): UseMutationResult<T | undefined, unknown, Input> {
  const queries = useQueryClient();
  const undecided = useRef<{ readonly input: string; readonly key: string }>(undefined);
  return useMutation({
    mutationFn: async (input: Input) => {
      const asked = JSON.stringify(input) ?? '';
      if (undecided.current?.input !== asked) undecided.current = { input: asked, key: crypto.randomUUID() };
      const { data, error, response } = await request(input, undecided.current.key);
      if (response.status < 500) undecided.current = undefined;
      if (!response.ok) throw error;
      return data;
    },
    onSuccess: (data, input) => {
      onDone?.(data, input);
      return queries.invalidateQueries();
    },
    // What failed may have come to something all the same. Why it failed is said without waiting for that.
    onError: () => void queries.invalidateQueries(),
  });
}
