export interface Gathering<Item> {
  add(item: Item): void;
  stop(): void;
}

/** In milliseconds. */
export interface GatheringTimes {
  /** After the first of them so long is waited for more: they often come in bunches. */
  readonly gatherMs: number;
  /** From one act to the next. */
  readonly apartMs: number;
  /** An act that takes longer is not waited for. */
  readonly patienceMs: number;
}

const TIMES: GatheringTimes = { gatherMs: 100, apartMs: 500, patienceMs: 10_000 };

/**
 * Calls `act` once for all that comes within a moment, never before the former act is done, and at most so often: a page that is told
 * of a thousand events a second still reads twice a second, and always once more after the last of them.
 */
export function gathering<Item>(
  act: (items: ReadonlySet<Item>) => Promise<unknown>,
  given: Partial<GatheringTimes> = {},
): Gathering<Item> {
  const { gatherMs, apartMs, patienceMs } = { ...TIMES, ...given };
  let gathered = new Set<Item>();
  let running = false;
  const end = new AbortController();

  const run = async (): Promise<void> => {
    running = true;
    await sleep(gatherMs);
    while (!end.signal.aborted && gathered.size > 0) {
      const items = gathered;
      gathered = new Set();
      // What failed says so where it is shown.
      const done = act(items).catch(() => undefined);
      await Promise.all([Promise.race([done, sleep(patienceMs)]), sleep(apartMs)]);
    }
    running = false;
  };
  return {
    add: (item) => {
      gathered.add(item);
      if (!running && !end.signal.aborted) void run();
    },
    stop: () => end.abort(),
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
