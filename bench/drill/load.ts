import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosClient } from '../chaos/client.ts';
import { playOrder, type OrderOutcome } from '../chaos/parties.ts';
import { planLoad, type PlannedOrder } from '../chaos/plan.ts';

/** An order of the load: when it began and, once it has, how and when it ended. */
export interface LoadedOrder {
  readonly plan: PlannedOrder;
  readonly begunAt: number;
  ended?: { readonly at: number; readonly outcome: OrderOutcome };
}

/**
 * Orders that begin at a steady rate, all endings mixed, until the load is ended. While too many are in flight none begins: what is
 * watched is a part that is away, not a machine that is too small for the rate.
 */
export interface Load {
  readonly orders: readonly LoadedOrder[];
  inFlight(): readonly LoadedOrder[];
  /** No order begins any more; resolves with what came of all of them, each within `patienceMs` from now. */
  end(patienceMs: number): Promise<OrderOutcome[]>;
}

const MOST_ORDERS = 100_000;
const MOST_IN_FLIGHT = 40;

/** Begins the load. `client` gives up on an answer once `deadline` says so: the same that `end` sets. */
export function startLoad(
  open: (deadline: () => number) => Promise<ChaosClient>,
  { seed, everyMs }: { readonly seed: number; readonly everyMs: number },
): Load {
  const orders: LoadedOrder[] = [];
  const playing: Promise<OrderOutcome>[] = [];
  let deadline = Number.POSITIVE_INFINITY;
  let ending = false;
  const inFlight = (): LoadedOrder[] => orders.filter(({ ended }) => ended === undefined);
  const room = async (): Promise<void> => {
    while (inFlight().length >= MOST_IN_FLIGHT) await sleep(everyMs);
  };
  const run = async (): Promise<void> => {
    const client = await open(() => deadline);
    for (const plan of planLoad(seed, { orders: MOST_ORDERS, everyMs })) {
      if (ending) return;
      const order: LoadedOrder = { plan, begunAt: Date.now() };
      orders.push(order);
      playing.push(
        playOrder(client, plan, () => deadline).then((outcome) => {
          order.ended = { at: Date.now(), outcome };
          return outcome;
        }),
      );
      await sleep(everyMs);
      await room();
    }
  };
  const running = run();
  return {
    orders,
    inFlight,
    async end(patienceMs) {
      ending = true;
      deadline = Date.now() + patienceMs;
      await running;
      return Promise.all(playing);
    },
  };
}
