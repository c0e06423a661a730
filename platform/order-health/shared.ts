/** One answer for all who ask within `forMs`; a failure is not kept. */
export function shared<Result>(forMs: number, ask: () => Promise<Result>): () => Promise<Result> {
  let last: { readonly at: number; readonly answer: Promise<Result> } | undefined;
  return () => {
    if (last && Date.now() - last.at < forMs) return last.answer;
    const asked = { at: Date.now(), answer: ask() };
    last = asked;
    asked.answer.catch(() => {
      if (last === asked) last = undefined;
    });
    return asked.answer;
  };
}

/**
 * All answers, or the first failure once every question is over: a call that is left behind would be made again on a
 * connection that its owner has closed meanwhile.
 */
export async function awaitAll<const Asked extends readonly Promise<unknown>[]>(
  asked: Asked,
): Promise<{ -readonly [Index in keyof Asked]: Awaited<Asked[Index]> }> {
  await Promise.allSettled(asked);
  return Promise.all(asked);
}
