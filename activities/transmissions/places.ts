import { setTimeout as sleep } from 'node:timers/promises';

/**
 * So many attempts may be under way to one party's server at a time, in one worker; as many more wait for their turn. One whose
 * server hangs then fills its own places and nobody else's.
 */
export const PLACES = 20;
/** A server that answers gives its places back at once: who has waited so long goes back to the queue. */
const WAIT_MS = 2_000;

/** The places of the parties' servers in a worker. */
export interface Places {
  /** Does the work when the party has a place; throws `NoPlaceError` when it has none for a while, and whatever the work throws. */
  run<Result>(party: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
}

/** Too many attempts to the same server are under way and do not end. */
export class NoPlaceError extends Error {
  override readonly name = 'SiteUnreachable';

  constructor() {
    super(`${PLACES} attempts to reach it are under way, and none of them ends`);
  }
}

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

export function createPlaces(): Places {
  const queues = new Map<string, Queue>();
  return {
    async run(party, signal, work) {
      const queue = queues.get(party) ?? { running: 0, waiting: [] };
      queues.set(party, queue);
      await placeIn(queue, signal);
      try {
        return await work();
      } finally {
        leave(queue);
        if (queue.running === 0) queues.delete(party);
      }
    },
  };
}

async function placeIn(queue: Queue, signal: AbortSignal): Promise<void> {
  if (queue.running < PLACES) {
    queue.running += 1;
    return;
  }
  if (queue.waiting.length >= PLACES) throw new NoPlaceError();
  const { promise: called, resolve: call } = Promise.withResolvers<'called'>();
  const turn = () => call('called');
  queue.waiting.push(turn);
  const waited = sleep(WAIT_MS, 'late' as const, { signal }).catch(() => 'late' as const);
  if ((await Promise.race([called, waited])) === 'called') return;
  const at = queue.waiting.indexOf(turn);
  // Its turn may have come in the very moment in which it gave up.
  if (at < 0) return;
  queue.waiting.splice(at, 1);
  signal.throwIfAborted();
  throw new NoPlaceError();
}

/** Who waits takes over the place. */
function leave(queue: Queue): void {
  const next = queue.waiting.shift();
  if (next) next();
  else queue.running -= 1;
}
