import { databaseFailure } from '../../domain/faults.ts';

/**
 * Shares the database connections fairly among the parties. Orders of one buyer with one seller lock the same rows one after
 * the other, so a few connections serve them as fast as all would; and when somebody else holds such a row, they must not
 * take every connection to wait for it.
 *
 * A lock time-out does not name the row. So it first counts against the pair, and against one party only when it happened
 * with several others: then the row is that party's.
 */
export interface FairShares {
  /**
   * Does the work when the input's parties have a place, or fails as a locked row does when they are locked now. Throws when
   * `abandoned` is aborted before the work has begun.
   */
  run<Result>(input: unknown, work: () => Promise<Result>, abandoned: AbortSignal): Promise<Result>;
}

/** After a lock time-out the next attempt is made this much later, by one order for all. */
const COOL_DOWN_MS = 1_000;
/** A party counts as locked after lock time-outs with this many others. */
const PARTY_THRESHOLD = 3;
/** A scope that has not been used for this long is dropped. */
const KEEP_MS = 60_000;

/** A pair, or one party, and how its last attempts ended. */
interface Scope {
  readonly places: number;
  /** With how many others it must have ended at a lock before it counts as locked. */
  readonly threshold: number;
  /** How many run, wait, or are about to. */
  users: number;
  running: number;
  waiting: (() => void)[];
  /** With whom its attempts have ended at a lock, since one did not. */
  readonly lockedWith: Set<string>;
  lockedAt: number;
}

/** `connections`: how many the steps have in all; half of them are for one pair at most. */
export function createFairShares(connections: number): FairShares {
  const half = Math.max(1, Math.floor(connections / 2));
  const scopes = new Map<string, Scope>();
  const scopeOf = ({ key, isPair }: Named): Scope => {
    const [places, threshold] = isPair ? [half, 1] : [Infinity, PARTY_THRESHOLD];
    const fresh = { places, threshold, users: 0, running: 0, waiting: [], lockedWith: new Set<string>(), lockedAt: 0 };
    const scope = scopes.get(key) ?? fresh;
    scopes.set(key, scope);
    scope.users += 1;
    return scope;
  };

  return {
    async run(input, work, abandoned) {
      const named = scopesOf(input);
      if (named.length === 0) return work();
      const mine = named.map(scopeOf);
      try {
        await acquire(mine, abandoned);
        return await runAndRecord(mine, named, work);
      } finally {
        for (const scope of mine) scope.users -= 1;
        dropUnused(scopes);
      }
    },
  };
}

/** Waits until none of the scopes is full. Throws at once when one of them is locked now. */
async function acquire(mine: readonly Scope[], abandoned: AbortSignal): Promise<void> {
  for (;;) {
    abandoned.throwIfAborted();
    if (mine.some((scope) => isLocked(scope) && Date.now() < scope.lockedAt + COOL_DOWN_MS)) throw lockedNow();
    const full = mine.find((scope) => scope.running >= (isLocked(scope) ? 1 : scope.places));
    if (!full) break;
    await new Promise<void>((resolve) => full.waiting.push(resolve));
  }
  for (const scope of mine) scope.running += 1;
}

/** Does the work, and records how it ended. */
async function runAndRecord<Result>(
  mine: readonly Scope[],
  named: readonly Named[],
  work: () => Promise<Result>,
): Promise<Result> {
  let atLock = false;
  try {
    return await work();
  } catch (error) {
    atLock = databaseFailure(error)?.fault === 'DatabaseLocked';
    throw error;
  } finally {
    for (const [index, scope] of mine.entries()) {
      recordEnd(scope, atLock ? named[index]?.other : undefined);
      release(scope);
    }
  }
}

function release(scope: Scope): void {
  scope.running -= 1;
  // Each of them looks for itself whether it has a place now.
  for (const wake of scope.waiting.splice(0)) wake();
}

function isLocked({ lockedWith, threshold }: Scope): boolean {
  return lockedWith.size >= threshold;
}

/** `lockedWith`: absent when the attempt did not end at a lock. */
function recordEnd(scope: Scope, lockedWith: string | undefined): void {
  if (lockedWith === undefined) return scope.lockedWith.clear();
  scope.lockedWith.add(lockedWith);
  scope.lockedAt = Date.now();
}

function dropUnused(scopes: Map<string, Scope>): void {
  for (const [key, { users, lockedWith, lockedAt }] of scopes) {
    if (users === 0 && (lockedWith.size === 0 || lockedAt + KEEP_MS < Date.now())) scopes.delete(key);
  }
}

interface Named {
  readonly key: string;
  /** With whom the party deals here. */
  readonly other: string;
  readonly isPair: boolean;
}

/** The pair and its parties, wherever a step's input names them. */
function scopesOf(input: unknown): Named[] {
  if (typeof input !== 'object' || input === null) return [];
  const { buyerId, sellerId, distributorId, order } = input as Record<string, unknown>;
  if (typeof buyerId !== 'string') return scopesOf(order);
  const buyer = { key: `buyer ${buyerId}`, other: String(sellerId), isPair: false };
  return [
    { key: `pair ${buyerId} ${String(sellerId)}`, other: '', isPair: true },
    buyer,
    ...Object.entries({ seller: sellerId, distributor: distributorId }).flatMap(([role, id]) =>
      typeof id === 'string' ? [{ key: `${role} ${id}`, other: buyerId, isPair: false }] : [],
    ),
  ];
}

/** The same as PostgreSQL says it, without asking it. */
function lockedNow(): Error {
  return Object.assign(new Error('another order of the same parties has just waited too long for their lock'), {
    code: '55P03',
  });
}
