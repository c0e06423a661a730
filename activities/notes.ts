import type { Attention } from '../domain/order.ts';
import type { NewEvent } from '../domain/timeline.ts';
import { type RequestedOrder, noteEvents, recordAttention, recordRequested } from '../office/orders/index.ts';
import type { OrderDeps } from './deps.ts';

export interface AttentionNote {
  readonly order: RequestedOrder;
  /** `null`: nobody is needed any more. */
  readonly attention: Attention | null;
  readonly event: NewEvent;
  /** What else is to be noted with it. */
  readonly more?: readonly NewEvent[];
}

/** Notes for people: they are written when the database can be reached, and no step waits for them. */
export function createNoteSteps({ orm }: Pick<OrderDeps, 'orm'>) {
  return {
    async noteAttention({ order, attention, event, more = [] }: AttentionNote): Promise<void> {
      await orm.em.fork().transactional(async (tx) => {
        await recordRequested(tx, order);
        await recordAttention(tx, order.orderId, attention, [event, ...more]);
      });
    },

    async noteIntervention({ order, event }: { order: RequestedOrder; event: NewEvent }): Promise<void> {
      await orm.em.fork().transactional(async (tx) => {
        await recordRequested(tx, order);
        await noteEvents(tx, order.orderId, [event]);
      });
    },
  };
}
