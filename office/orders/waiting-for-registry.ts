import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import { Order } from '../../entities/order.entity.ts';

/** The seller or the distributor that orders wait for. */
export type AwaitedParty = { readonly sellerId: string } | { readonly distributorId: string };

/** The orders of that party that need somebody, by id, beginning after `after`. Costs what there is that is stuck. */
export async function ordersInNeed(
  em: EntityManager,
  party: AwaitedParty,
  { limit, after = '' }: { limit: number; after?: string },
): Promise<OrderId[]> {
  const stuck = await em.find(
    Order,
    { ...party, attention: { $ne: null }, id: { $gt: after } },
    { fields: ['id'], orderBy: { id: 'asc' }, limit },
  );
  return stuck.map(({ id }) => id as OrderId);
}
