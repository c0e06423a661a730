/* The door: an order's record and its workflow brought together again after one of the two was restored to an older moment. */

import type { OrderId } from '../domain/ids.ts';
import { candidates } from './candidates.ts';
import { toldOrders } from './replaying.ts';
import { type RestoreDeps, type Restored, restoreOrder, type Restoring } from './restore-order.ts';

export { openReplaying } from './replaying.ts';
export type { RestoreDeps, Restored, Restoring } from './restore-order.ts';

/**
 * Restores every order whose record and workflow may stand apart, one after the other, and gives what became of each. `from` is the moment to which
 * the older of database and Temporal was restored.
 */
export async function* restoreAll(deps: RestoreDeps, from: Date, restoring: Restoring): AsyncGenerator<Restored> {
  yield* restoreOrders(deps, await candidates(deps.client, deps.orm.em.fork(), from), restoring);
}

/**
 * The same of these orders. One that lacks money which another one brings is tried again after the others, for as long as any of them is
 * restored.
 */
export async function* restoreOrders(
  deps: RestoreDeps,
  orderIds: readonly OrderId[],
  restoring: Restoring,
): AsyncGenerator<Restored> {
  const stuck: Restored[] = [];
  for await (const told of toldOrders(deps.client, orderIds, deps.replaying)) {
    const restored = await restoreOrder(deps, told, restoring);
    if (restored.forPerson === undefined || restoring.isDry) yield restored;
    else stuck.push(restored);
  }
  if (stuck.length === orderIds.length) yield* stuck;
  else
    yield* restoreOrders(
      deps,
      stuck.map(({ orderId }) => orderId),
      restoring,
    );
}
