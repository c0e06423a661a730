import type { EntityManager } from '@mikro-orm/postgresql';
import type { Ending } from '../domain/order.ts';
import {
  type Closed,
  type Decision,
  type RequestedOrder,
  cancelDispatch,
  closeOrder,
  decideEnding,
  endOrder,
  lockOrderState,
  recordRequested,
  refundPayment,
  releaseCheck,
} from '../office/orders/index.ts';
import type { OrderDeps } from './deps.ts';

export interface UndoInput {
  readonly order: RequestedOrder;
  readonly ending: Ending;
}

/** The undos. Each says what it tolerates, and each may run before its step: the late step is then refused. */
export function createUndoSteps({ orm }: Pick<OrderDeps, 'orm'>) {
  const transactional = <Result>(work: (tx: EntityManager) => Promise<Result>) => orm.em.fork().transactional(work);

  return {
    /** The decision to end early, on record before its first effect. The one that came first is the answer. */
    decideEnding: ({ order, ending }: UndoInput): Promise<Decision> =>
      transactional((tx) => decideEnding(tx, order, ending)),

    /**
     * Voids the check and releases its hold. Tolerates: no check yet (leaves the order ended, so that an issue that comes late
     * is refused), a check that was stopped, voided or expired before, and one that was paid already (then the refund is the
     * undo).
     */
    voidCheckIfIssued: ({ order, ending }: UndoInput): Promise<void> =>
      transactional(async (tx) => {
        await recordRequested(tx, order);
        // The order's row first, as every step does it.
        const { ending: decided } = await lockOrderState(tx, order.orderId);
        // Where the decision stands on record, it keeps a late issue out by itself, and `closeOrder` ends the order.
        if (!(await releaseCheck(tx, order, ending)) && !decided) await endOrder(tx, order.orderId, ending);
      }),

    /** Takes the instruction back from the distributor, where one was sent. */
    cancelDispatchIfInstructed: ({ order, ending }: UndoInput): Promise<void> =>
      transactional((tx) => cancelDispatch(tx, order, ending.reason)),

    /** Gives back what was paid. Throws when the ledger says no: money that is owed is never given up. */
    refundIfSettled: ({ order, ending }: UndoInput): Promise<'refunded' | 'nothing_paid'> =>
      transactional((tx) => refundPayment(tx, order.orderId, ending.reason)),

    /** The early ending itself, with its refusal, on record; what the undos before it have left is undone with it. */
    closeOrder: ({ order, ending }: UndoInput): Promise<Closed> => transactional((tx) => closeOrder(tx, order, ending)),
  };
}
