import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import type { DeliverTo } from '../../domain/order.ts';
import { RECIPIENT, type MessageKind } from '../../domain/party-messages.ts';
import { Distributor } from '../../entities/distributor.entity.ts';
import { Order } from '../../entities/order.entity.ts';
import { OrderEvent } from '../../entities/order-event.entity.ts';
import { Seller } from '../../entities/seller.entity.ts';
import type { Sealer } from '../../platform/sealing.ts';
import type { InstructedOrder } from './instruction.ts';

/** Where the party's own server is, at this moment; `undefined` where none is registered. */
export async function siteUrlOf(em: EntityManager, kind: MessageKind, party: string): Promise<string | undefined> {
  const options = { fields: ['siteUrl'], disableIdentityMap: true } as const;
  const row =
    RECIPIENT[kind] === 'seller'
      ? await em.findOne(Seller, { id: party }, options)
      : await em.findOne(Distributor, { id: party }, options);
  return row?.siteUrl ?? undefined;
}

/** The order as an instruction must name it. Throws `ForgottenError` when its address can be opened no more. */
export async function readInstructedOrder(em: EntityManager, sealer: Sealer, id: OrderId): Promise<InstructedOrder> {
  const order = await em.findOneOrFail(Order, { id }, { disableIdentityMap: true });
  const { salt: _salt, ...deliverTo } = await sealer.open<DeliverTo & { salt: string }>(order.deliverToSealed);
  const { sellerId, distributorId, lines } = order;
  return { orderId: id, sellerId, distributorId, lines, deliverTo };
}

/** Whether the seller has had the check validated at the check office (claim 2). */
export async function isValidatedBySeller(em: EntityManager, orderId: OrderId): Promise<boolean> {
  return (await em.count(OrderEvent, { orderId, key: 'check_validated' })) > 0;
}
