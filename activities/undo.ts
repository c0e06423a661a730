import type { Ending } from '../domain/ending.ts';
import type { OrderId } from '../domain/ids.ts';
import type { RequestedOrder } from '../office/orders/request.ts';
import { decideEnding, type Decision } from '../office/orders/ending.ts';
import {
  cancelDispatchIfInstructed,
  closeOrder,
  refundIfSettled,
  voidCheckIfIssued,
  type Closed,
} from '../office/orders/undoing.ts';
import type { OrderDeps } from './deps.ts';

export interface UndoInput {
  readonly order: RequestedOrder & { readonly orderId: OrderId };
  readonly ending: Ending;
}

/** The undos. Each says what it tolerates, and each may run before its step: the late step is then refused. */
export function createUndoSteps({ orm }: Pick<OrderDeps, 'orm'>) {
  return {
    /** The decision to end early, on record before its first effect. The one that came first is the answer. */
    decideEnding: ({ order, ending }: UndoInput): Promise<Decision> => decideEnding(orm, order, ending),

    voidCheckIfIssued: ({ order, ending }: UndoInput): Promise<void> => voidCheckIfIssued(orm, order, ending),

    cancelDispatchIfInstructed: ({ order, ending }: UndoInput): Promise<void> =>
      cancelDispatchIfInstructed(orm, order.orderId, order, ending.reason),

    refundIfSettled: ({ order, ending }: UndoInput): Promise<'refunded' | 'nothing_paid'> =>
      refundIfSettled(orm, order.orderId, ending.reason),

    /** The early ending itself, with its refusal, on record. */
    closeOrder: ({ order, ending }: UndoInput): Promise<Closed> => closeOrder(orm, order, ending),
  };
}
