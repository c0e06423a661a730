import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderId } from '../../domain/ids.ts';
import { stuckOrdersOf, type AwaitedParty } from '../../office/attention/rows.ts';
import { registryChanged } from '../../workflows/messages/definitions.ts';
import type { ApiDeps } from '../deps.ts';

const AT_ONCE = 50;
/** Whoever has more stuck orders than this waits for their own next try, which comes within the hour. */
const AT_MOST = 5_000;
/** Whom the first round did not reach, for Temporal was away, a later one does: so long rounds begin, after growing pauses. */
const PATIENCE_MS = 10 * 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

interface News {
  readonly deps: ApiDeps;
  readonly party: AwaitedParty;
  /** The id of the change, and of its signals: an order takes each once. */
  readonly change: string;
  readonly told: Set<OrderId>;
}

/** The newest change of each party, while it is being told: it tells all that an older one still had to tell. */
const newest = new Map<string, string>();

/**
 * Tells the orders that need somebody, and are this party's, that its registration was changed: what waits for it is tried
 * again now. Goes on in the background, for some ten minutes if it must, and ends with the process; a fault is logged and
 * costs nothing but the time until an order's own next try.
 */
export function tellWaitingOrders(deps: ApiDeps, party: AwaitedParty): void {
  const change = `registry-${randomUUID()}`;
  newest.set(keyOf(party), change);
  tellAll({ deps, party, change, told: new Set() }).catch((error: unknown) => {
    deps.logger.warn({ err: error, ...party }, 'waiting orders were not told that the registry changed');
  });
}

/** Round after round until one reaches everybody, or a newer change takes over. Throws what was wrong with the last one. */
async function tellAll(news: News): Promise<void> {
  const { deps, party, told } = news;
  const until = Date.now() + PATIENCE_MS;
  let fault = await tellOnce(news, until);
  if (fault !== undefined) deps.logger.warn({ err: fault, ...party }, 'waiting orders are told later of the registry');
  for (let pause = FIRST_PAUSE_MS; fault !== undefined && Date.now() + pause < until;) {
    await sleep(pause, undefined, { ref: false });
    if (isOutdated(news)) return;
    fault = await tellOnce(news, until);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
  if (!isOutdated(news)) newest.delete(keyOf(party));
  if (fault !== undefined) throw fault;
  if (told.size > 0)
    deps.logger.info({ ...party, told: told.size }, 'waiting orders were told that the registry changed');
}

function isOutdated({ party, change }: News): boolean {
  return newest.get(keyOf(party)) !== change;
}

/** One round over the orders that need somebody now and have not been told: returns a fault, when there was one. */
async function tellOnce(news: News, until: number): Promise<unknown> {
  const { deps, party } = news;
  let fault: unknown;
  let after: OrderId | undefined;
  try {
    for (let seen = 0; seen < AT_MOST && Date.now() < until; seen += AT_ONCE) {
      const page = await stuckOrdersOf(deps.orm.em.fork(), party, { limit: AT_ONCE, after });
      fault = (await tellPage(news, page)) ?? fault;
      after = page.at(-1);
      if (page.length < AT_ONCE) break;
    }
  } catch (error) {
    return error;
  }
  return fault;
}

/** Whoever of this page cannot be told keeps nobody else from it. Returns a fault, when there was one. */
async function tellPage({ deps, change, told }: News, page: readonly OrderId[]): Promise<unknown> {
  const faults = await Promise.all(
    page
      .filter((orderId) => !told.has(orderId))
      .map(async (orderId) => {
        try {
          await deps.gateway.signal(orderId, registryChanged, [], change);
          told.add(orderId);
          return undefined;
        } catch (error) {
          return error;
        }
      }),
  );
  return faults.find((fault) => fault !== undefined);
}

function keyOf(party: AwaitedParty): string {
  return JSON.stringify(party);
}
