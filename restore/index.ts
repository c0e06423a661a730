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
 * The same of these orders. One that lacks money which another one brings is tried again after the others, for as long as anything is taken or
 * restored. What goes wrong with one of them is for a person, and keeps no other one back.
 */
export async function* restoreOrders(
  deps: RestoreDeps,
  orderIds: readonly OrderId[],
  restoring: Restoring,
): AsyncGenerator<Restored> {
  const taken = new Map<OrderId, readonly string[]>();
  let left = orderIds;
  for (let moves = true; moves && left.length > 0;) {
    const stuck: Restored[] = [];
    moves = false;
    for await (const told of toldOrders(deps.client, left, deps.replaying)) {
      const tried = await restoreOrder(deps, told, restoring);
      const restored = { ...tried, rebuilt: [...(taken.get(told.orderId) ?? []), ...tried.rebuilt] };
      taken.set(told.orderId, restored.rebuilt);
      if (tried.forPerson === undefined || restoring.isDry) yield restored;
      else stuck.push(restored);
      moves ||= tried.forPerson === undefined || tried.rebuilt.length > 0;
    }
    left = stuck.map(({ orderId }) => orderId);
    if (!moves) yield* stuck;
  }
}
