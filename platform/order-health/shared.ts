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
