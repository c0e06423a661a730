import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import { Commodity } from './entities/commodity.entity.ts';
import type { Order } from './entities/order.entity.ts';

/**
 * Reserves an order's lines, all or none of them. Returns `false` when there is not enough of one. The order and its goods are
 * locked, so that nothing is promised twice.
 */
export async function reserve(tx: EntityManager, order: Order): Promise<boolean> {
  const wanted = quantities(order);
  const goods = await lockGoods(tx, wanted);
  const isThere = (sku: string, quantity: number) => {
    const found = goods.get(sku);
    return found !== undefined && found.onHand - found.reserved >= quantity;
  };
  if (![...wanted].every(([sku, quantity]) => isThere(sku, quantity))) return false;
  for (const [sku, quantity] of wanted) change(goods, sku, { reserved: quantity });
  order.reserved = true;
  return true;
}

/** Gives back what was reserved for an order: it may be sold to others. */
export async function release(tx: EntityManager, order: Order): Promise<void> {
  await settle(tx, order, (quantity) => ({ reserved: -quantity }));
}

/** What was reserved for an order has left the shop. */
export async function handOver(tx: EntityManager, order: Order): Promise<void> {
  await settle(tx, order, (quantity) => ({ reserved: -quantity, onHand: -quantity }));
}

/** Resolves a reservation, once: `order.reserved` says whether there still is one. */
async function settle(tx: EntityManager, order: Order, by: (quantity: number) => Change): Promise<void> {
  if (!order.reserved) return;
  const held = quantities(order);
  const goods = await lockGoods(tx, held);
  for (const [sku, quantity] of held) change(goods, sku, by(quantity));
  order.reserved = false;
}

interface Change {
  readonly reserved?: number;
  readonly onHand?: number;
}

function change(goods: ReadonlyMap<string, Commodity>, sku: string, { reserved = 0, onHand = 0 }: Change): void {
  const commodity = goods.get(sku);
  if (!commodity) throw new Error(`commodity ${sku} was reserved and is not in the catalogue`);
  commodity.reserved += reserved;
  commodity.onHand += onHand;
}

/** Of one commodity an order may have several lines. */
function quantities({ lines }: Order): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of lines ?? []) sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  return sums;
}

/** In the order of their SKUs: orders that share goods do not wait for each other in a circle. */
async function lockGoods(
  tx: EntityManager,
  wanted: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, Commodity>> {
  const goods = await tx.find(
    Commodity,
    { sku: { $in: [...wanted.keys()] } },
    { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { sku: 'asc' } },
  );
  return new Map(goods.map((commodity) => [commodity.sku, commodity]));
}
