import { databaseFailure } from '../../domain/faults.ts';

/**
 * Shares the connections among the parties. Orders of one buyer with one seller lock the same rows one after the other, so a
 * few connections serve them as fast as all would; and when somebody else holds such a row, they must not take every
 * connection to wait for it.
 *
 * A lock time-out does not name the row. So it is first held against the pair, and against one party only when it happened
 * with several others: then the row is that party's.
 */
export interface Turns {
  /** Does the work when it is the turn of the input's parties, or fails as a locked row does when they are locked now. */
  take<Result>(input: unknown, work: () => Promise<Result>, given: AbortSignal): Promise<Result>;
}

/** After a lock time-out the next attempt is made this much later, by one order for all. */
const COOL_DOWN_MS = 1_000;
/** With so many others must a party have been locked. */
const SUSPICIOUS = 3;
/** Who has not been seen for so long is forgotten. */
const FORGET_MS = 60_000;

/** A pair, or one party, and how its last attempts ended. */
interface Scope {
  readonly places: number;
  /** With how many others it must have ended at a lock before it counts as locked. */
  readonly suspicious: number;
  /** How many run, wait, or are about to. */
  users: number;
  running: number;
  waiting: (() => void)[];
  /** With whom its attempts have ended at a lock, since one did not. */
  readonly lockedWith: Set<string>;
  lockedAt: number;
}

/** `connections`: how many the steps have in all; half of them are for one pair at most. */
export function createTurns(connections: number): Turns {
  const half = Math.max(1, Math.floor(connections / 2));
  const scopes = new Map<string, Scope>();
  const scopeOf = ({ key, isPair }: Named): Scope => {
    const [places, suspicious] = isPair ? [half, 1] : [Infinity, SUSPICIOUS];
    const fresh = { places, suspicious, users: 0, running: 0, waiting: [], lockedWith: new Set<string>(), lockedAt: 0 };
    const scope = scopes.get(key) ?? fresh;
    scopes.set(key, scope);
    scope.users += 1;
    return scope;
  };

  return {
    async take(input, work, given) {
      const named = scopesOf(input);
      if (named.length === 0) return work();
      const mine = named.map(scopeOf);
      try {
        await begin(mine, given);
        return await noting(mine, named, work);
      } finally {
        for (const scope of mine) scope.users -= 1;
        forget(scopes);
      }
    },
  };
}

/** Waits until none of the scopes is full. Throws at once when one of them is locked now. */
async function begin(mine: readonly Scope[], given: AbortSignal): Promise<void> {
  for (;;) {
    given.throwIfAborted();
    if (mine.some((scope) => isLocked(scope) && Date.now() < scope.lockedAt + COOL_DOWN_MS)) throw lockedNow();
    const full = mine.find((scope) => scope.running >= (isLocked(scope) ? 1 : scope.places));
    if (!full) break;
    await new Promise<void>((resolve) => full.waiting.push(resolve));
  }
  for (const scope of mine) scope.running += 1;
}

/** Does the work, and notes how it ended. */
async function noting<Result>(
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
      noteEnd(scope, atLock ? named[index]?.other : undefined);
      end(scope);
    }
  }
}

function end(scope: Scope): void {
  scope.running -= 1;
  // Each of them looks for itself whether its turn has come.
  for (const wake of scope.waiting.splice(0)) wake();
}

function isLocked({ lockedWith, suspicious }: Scope): boolean {
  return lockedWith.size >= suspicious;
}

/** `lockedWith`: absent when the attempt did not end at a lock. */
function noteEnd(scope: Scope, lockedWith: string | undefined): void {
  if (lockedWith === undefined) return scope.lockedWith.clear();
  scope.lockedWith.add(lockedWith);
  scope.lockedAt = Date.now();
}

function forget(scopes: Map<string, Scope>): void {
  for (const [key, { users, lockedWith, lockedAt }] of scopes) {
    if (users === 0 && (lockedWith.size === 0 || lockedAt + FORGET_MS < Date.now())) scopes.delete(key);
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
  const sellers = [sellerId, distributorId].filter((id) => typeof id === 'string');
  return [
    { key: `pair ${buyerId} ${String(sellerId)}`, other: '', isPair: true },
    buyer,
    ...sellers.map((id) => ({ key: `party ${id}`, other: buyerId, isPair: false })),
  ];
}

/** The same as PostgreSQL says it, without asking it. */
function lockedNow(): Error {
  return Object.assign(new Error('another order of the same parties has just waited for their lock in vain'), {
    code: '55P03',
  });
}
