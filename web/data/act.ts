import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { useSession } from '../session/session.tsx';
import { keptKeys } from './kept-keys.ts';

/** What a typed request answers: `data`, or the problem as `error`. */
interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

type Act<Input, T> = UseMutationResult<T | undefined, unknown, Input>;
type Done<Input, T> = (data: T | undefined, input: Input) => void;

/** One thing that a person does at a desk, by one request. Afterwards everything on the page is read afresh. */
export function useAct<Input, T>(
  request: (input: Input) => Promise<Answer<T>>,
  onDone?: Done<Input, T>,
): Act<Input, T> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (input: Input) => {
      const { data, error, response } = await request(input);
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

const keys = keptKeys();

/**
 * The same for what must not be done twice. `what` names the act and what it is done to. The key that the request is handed stays the
 * same for the same input until the API has decided, also where the form was left meanwhile: a repeat after a lost answer has one effect.
 */
export function useOnce<Input, T>(
  what: string,
  request: (input: Input, key: string) => Promise<Answer<T>>,
  onDone?: Done<Input, T>,
): Act<Input, T> {
  const { partyId } = useSession();
  return useAct(async (input: Input) => {
    const asked = [partyId, what, input];
    const answer = await request(input, keys.keyOf(asked));
    if (answer.response.status < 500) keys.decided(asked);
    return answer;
  }, onDone);
}
