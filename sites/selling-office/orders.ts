import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import { Order } from './entities/order.entity.ts';

/**
 * The order, locked until the end of the transaction, so that what is said about one order is taken up one after the other.
 * It is noted here where it was not known.
 */
export async function lockOrder(tx: EntityManager, id: string): Promise<Order> {
  await tx.upsert(Order, { id }, { onConflictAction: 'ignore' });
  return tx.findOneOrFail(Order, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}
