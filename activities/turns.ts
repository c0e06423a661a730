import { databaseFailure } from '../domain/faults.ts';

/**
 * Shares the connections among the accounts. Orders of one buyer with one seller lock the same rows one after the other, so a
 * few connections serve them as fast as all would; and when somebody else holds such a row, they must not take every
 * connection to wait for it. The SQLSTATE of a lock time-out does not name the row, hence the pair.
 */
export interface Turns {
  /** Does the work when it is the turn of the input's accounts, or fails as a locked row does when they are locked now. */
  take<Result>(input: unknown, work: () => Promise<Result>, given: AbortSignal): Promise<Result>;
}

/** After a lock time-out the pair's next attempt is made this much later, by one order for all. */
const COOL_DOWN_MS = 1_000;
/** Who has not been seen for so long is forgotten. */
const FORGET_MS = 60_000;

interface Pair {
  running: number;
  waiting: (() => void)[];
  /** When its last attempt ended at a lock, in milliseconds since the epoch; absent after one that did not. */
  lockedAt?: number;
}

/** `connections`: how many the steps have in all; half of them are for one pair at most. */
export function createTurns(connections: number): Turns {
  const places = Math.max(1, Math.floor(connections / 2));
  const pairs = new Map<string, Pair>();

  const begin = async (pair: Pair, given: AbortSignal): Promise<void> => {
    for (;;) {
      given.throwIfAborted();
      if (pair.lockedAt !== undefined && Date.now() < pair.lockedAt + COOL_DOWN_MS) throw lockedNow();
      if (pair.running < (pair.lockedAt === undefined ? places : 1)) break;
      await new Promise<void>((resolve) => pair.waiting.push(resolve));
    }
    pair.running += 1;
  };
  const end = (key: string, pair: Pair): void => {
    pair.running -= 1;
    // Each of them looks for itself whether its turn has come.
    const woken = pair.waiting.splice(0);
    for (const wake of woken) wake();
    if (pair.lockedAt === undefined && pair.running === 0 && woken.length === 0) pairs.delete(key);
  };

  return {
    async take(input, work, given) {
      const key = accountsOf(input);
      if (key === undefined) return work();
      const pair = pairs.get(key) ?? { running: 0, waiting: [] };
      pairs.set(key, pair);
      await begin(pair, given);
      try {
        const result = await work();
        delete pair.lockedAt;
        return result;
      } catch (error) {
        delete pair.lockedAt;
        if (databaseFailure(error)?.fault === 'DatabaseLocked') {
          pair.lockedAt = Date.now();
          forgetOld(pairs);
        }
        throw error;
      } finally {
        end(key, pair);
      }
    },
  };
}

function forgetOld(pairs: Map<string, Pair>): void {
  for (const [key, { running, lockedAt }] of pairs) {
    if (running === 0 && lockedAt !== undefined && lockedAt + FORGET_MS < Date.now()) pairs.delete(key);
  }
}

/** The buyer and the seller of a step's input, wherever it names them. */
function accountsOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const { buyerId, sellerId, order } = input as { buyerId?: unknown; sellerId?: unknown; order?: unknown };
  if (typeof buyerId === 'string') return JSON.stringify([buyerId, sellerId]);
  return accountsOf(order);
}

/** The same as PostgreSQL says it, without asking it. */
function lockedNow(): Error {
  return Object.assign(new Error('another order of the same accounts has just waited for their lock in vain'), {
    code: '55P03',
  });
}
