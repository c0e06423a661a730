/** The keys of what was asked for and is not decided yet. */
export interface KeptKeys {
  /** The key of what is asked: the same each time until it is decided. */
  keyOf(asked: unknown): string;
  /** It was done or refused: asked once more, it is another act. */
  decided(asked: unknown): void;
}

/** Keeps them as long as the page is open, by what was asked. */
export function keptKeys(): KeptKeys {
  const kept = new Map<string, string>();
  return {
    keyOf: (asked) => {
      const name = JSON.stringify(asked);
      const key = kept.get(name) ?? crypto.randomUUID();
      kept.set(name, key);
      return key;
    },
    decided: (asked) => void kept.delete(JSON.stringify(asked)),
  };
}
