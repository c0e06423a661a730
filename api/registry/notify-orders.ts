import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderId } from '../../domain/ids.ts';
import { type AwaitedParty, ordersAwaiting } from '../../office/attention/index.ts';
import { registryChanged } from '../../workflows/messages/definitions.ts';
import type { ApiDeps } from '../deps.ts';

const PAGE = 50;
/** Whoever has more waiting orders than this waits for their own next try, which comes within the hour. */
const LIMIT = 5_000;
/** Whom the first round did not reach, for Temporal was away, a later one does: so long rounds begin, with growing pauses. */
const RETRY_FOR_MS = 10 * 60_000;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

interface Notification {
  readonly deps: ApiDeps;
  readonly party: AwaitedParty;
  /** The id of the change, and of its signals: an order takes each once. */
  readonly change: string;
  readonly notified: Set<OrderId>;
}

/** The newest change of each party, while its orders are notified: it takes over whatever an older one has not reached yet. */
const newest = new Map<string, string>();

/**
 * Signals the orders of this party that wait for something, that its registration was changed: what waits for it is tried
 * again now. Goes on in the background, for some ten minutes if it must, and ends with the process; a fault is logged and
 * costs nothing but the time until an order's own next try.
 */
export function notifyWaitingOrders(deps: ApiDeps, party: AwaitedParty): void {
  const change = `registry-${randomUUID()}`;
  newest.set(keyOf(party), change);
  notifyAll({ deps, party, change, notified: new Set() }).catch((error: unknown) => {
    deps.logger.warn({ err: error, ...party }, 'waiting orders were not signalled that the registry changed');
  });
}

/** Round after round until one reaches everybody, or a newer change takes over. Throws what was wrong with the last one. */
async function notifyAll(notification: Notification): Promise<void> {
  const { deps, party, notified } = notification;
  const until = Date.now() + RETRY_FOR_MS;
  let fault = await notifyOnce(notification, until);
  if (fault !== undefined)
    deps.logger.warn({ err: fault, ...party }, 'waiting orders are signalled later that the registry changed');
  for (let pause = FIRST_PAUSE_MS; fault !== undefined && Date.now() + pause < until;) {
    await sleep(pause, undefined, { ref: false });
    if (isOutdated(notification)) return;
    fault = await notifyOnce(notification, until);
    pause = Math.min(pause * 2, MAX_PAUSE_MS);
  }
  if (!isOutdated(notification)) newest.delete(keyOf(party));
  if (fault !== undefined) throw fault;
  if (notified.size > 0)
    deps.logger.info({ ...party, orders: notified.size }, 'waiting orders were signalled that the registry changed');
}

function isOutdated({ party, change }: Notification): boolean {
  return newest.get(keyOf(party)) !== change;
}

/** One round over the orders that wait now and have not been notified: returns a fault, when there was one. */
async function notifyOnce(notification: Notification, until: number): Promise<unknown> {
  const { deps, party } = notification;
  let fault: unknown;
  let after: OrderId | undefined;
  try {
    for (let seen = 0; seen < LIMIT && Date.now() < until; seen += PAGE) {
      const page = await ordersAwaiting(deps.orm.em.fork(), party, { limit: PAGE, after });
      fault = (await notifyPage(notification, page)) ?? fault;
      after = page.at(-1);
      if (page.length < PAGE) break;
    }
  } catch (error) {
    return error;
  }
  return fault;
}

/** An order of this page that cannot be signalled keeps no other from it. Returns a fault, when there was one. */
async function notifyPage({ deps, change, notified }: Notification, page: readonly OrderId[]): Promise<unknown> {
  const faults = await Promise.all(
    page
      .filter((orderId) => !notified.has(orderId))
      .map(async (orderId) => {
        try {
          await deps.gateway.signal(orderId, registryChanged, [], change);
          notified.add(orderId);
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
