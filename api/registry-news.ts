import { randomUUID } from 'node:crypto';
import { ordersInNeed, type AwaitedParty } from '../office/waiting-orders.ts';
import { registryChanged } from '../workflows/messages.ts';
import type { ApiDeps } from './deps.ts';

const AT_ONCE = 50;
/** Whoever has more stuck orders than this waits for their own next try, which comes within the hour. */
const AT_MOST = 5_000;

/**
 * Tells the orders that need somebody, and are this party's, that its registration was changed: what waits for it is tried
 * again now. Goes on in the background; a fault is logged and costs nothing but the time until an order's own next try.
 */
export function tellWaitingOrders(deps: ApiDeps, party: AwaitedParty): void {
  tellAll(deps, party).catch((error: unknown) => {
    deps.logger.warn({ err: error, ...party }, 'waiting orders were not told that the registry changed');
  });
}

async function tellAll({ orm, gateway, logger }: ApiDeps, party: AwaitedParty): Promise<void> {
  const change = `registry-${randomUUID()}`;
  let told = 0;
  for (let after: string | undefined; told < AT_MOST;) {
    const page = await ordersInNeed(orm.em.fork(), party, { limit: AT_ONCE, after });
    const outcomes = await Promise.allSettled(
      page.map((orderId) => gateway.signal(orderId, registryChanged, [], change)),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    told += page.length;
    after = page.at(-1);
    if (page.length < AT_ONCE) break;
  }
  if (told > 0) logger.info({ ...party, told }, 'waiting orders were told that the registry changed');
}
