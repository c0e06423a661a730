import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import type { MoneyJson } from '../../domain/money.ts';
import type { DeliverTo, OrderView } from '../../domain/order.ts';
import { OrderEvent } from '../../entities/order-event.entity.ts';
import { readOrder, RecordBehindError } from '../../office/orders/index.ts';
import type { Sealer } from '../../platform/sealing.ts';

/** An order that has its check: what every message is about. */
export type CheckedOrder = OrderView & {
  readonly echeck: NonNullable<OrderView['echeck']>;
  readonly charge: MoneyJson;
};

/** The order as it is on record. Throws `RecordBehindError` where it is not, or has no check. */
export async function checkedOrder(em: EntityManager, orderId: OrderId): Promise<CheckedOrder> {
  const { view } = (await readOrder(em, orderId)) ?? {};
  const { echeck, charge } = view ?? {};
  if (!view || !echeck || !charge) throw new RecordBehindError('the order has no check on record');
  return { ...view, echeck, charge };
}

/** What an event of the order says, as it is on record; `undefined`: it has not happened. */
export async function eventBody(
  em: EntityManager,
  orderId: OrderId,
  key: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  return (await em.findOne(OrderEvent, { orderId, key }, { disableIdentityMap: true }))?.body;
}

/** An address for the server that may see it. Throws where its buyer was forgotten. */
export async function addressIn(sealer: Sealer, sealed: string): Promise<DeliverTo> {
  const { salt: _salt, ...deliverTo } = await sealer.open<DeliverTo & { salt: string }>(sealed);
  return deliverTo;
}
