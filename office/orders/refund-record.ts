import type { EntityManager } from '@mikro-orm/postgresql';
import type { Money, MoneyJson } from '../../domain/money.ts';
import { knownCurrency } from '../ledger/account-view.ts';

/** An order with what was settled and refunded of it, in minor units. */
export interface RefundableOrder {
  readonly id: string;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly currency: Money['currency'];
  readonly settled: bigint;
  readonly refunded: bigint;
  readonly fees: { readonly feeMinor: bigint; readonly feeReturnedMinor: bigint };
}

/** The sums are read after the lock, so that they include what the former holder of the lock committed. */
export async function lockOrder(tx: EntityManager, orderId: string): Promise<RefundableOrder | undefined> {
  await tx.execute('select 1 from orders where id = ? for no key update', [orderId]);
  const [row] = await tx.execute<OrderSums[]>(
    `select buyer_id, seller_id, currency, settled_amount, refunded_amount,
       (select coalesce(sum(fee_amount), 0) from transfers where order_id = orders.id and kind = 'capture') as fee,
       (select coalesce(sum(fee_amount), 0) from transfers where order_id = orders.id and kind = 'refund') as fee_returned
     from orders where id = ?`,
    [orderId],
  );
  if (!row) return undefined;
  return {
    id: orderId,
    buyerId: row.buyer_id,
    sellerId: row.seller_id,
    // An order that was never priced has no currency, and nothing to refund: any will do for the refusal.
    currency: knownCurrency(row.currency ?? 'EUR'),
    settled: BigInt(row.settled_amount),
    refunded: BigInt(row.refunded_amount),
    fees: { feeMinor: BigInt(row.fee), feeReturnedMinor: BigInt(row.fee_returned) },
  };
}

interface OrderSums {
  buyer_id: string;
  seller_id: string;
  currency: string | null;
  settled_amount: string;
  refunded_amount: string;
  fee: string;
  fee_returned: string;
}

/** A refund as its event keeps it: what was given back, and what was asked for. */
export interface RecordedRefund {
  readonly amount: MoneyJson;
  readonly requested: number | 'rest';
  readonly reason: string;
}

/** The refund that was recorded under this event key before, if any. */
export async function recordedRefund(
  tx: EntityManager,
  orderId: string,
  eventKey: string,
): Promise<RecordedRefund | undefined> {
  const [row] = await tx.execute<{ body: RecordedRefund }[]>(
    'select body from order_events where order_id = ? and key = ?',
    [orderId, eventKey],
  );
  return row?.body;
}

/** Only a `completed` order becomes `refunded` here: one that still runs is moved by its own workflow. */
const RECORD_REFUND = `
  with summed as (
    update orders set refunded_amount = ?, payment_status = case when ? then 'refunded' else payment_status end,
      stage = case when ? and stage = 'completed' then 'refunded' else stage end, updated_at = now()
    where id = ?
  ), marked as (
    update echecks set status = 'refunded', updated_at = now()
    where ? and order_id = ? and status in ('cleared', 'final')
  )
  insert into order_events (order_id, key, type, actor, recipient, body)
  values (?, ?, 'payment_refunded', ?, ?, ?::jsonb)`;

/** Writes a refund on record: the order's sums, the check's status when all is given back, the event. */
export async function recordRefund(
  tx: EntityManager,
  order: RefundableOrder,
  refund: { refundedAfter: bigint; event: { key: string; actor: string; body: RecordedRefund } },
): Promise<void> {
  const { refundedAfter, event } = refund;
  const inFull = refundedAfter === order.settled;
  await tx.execute(RECORD_REFUND, [
    refundedAfter,
    inFull,
    inFull,
    order.id,
    inFull,
    order.id,
    order.id,
    event.key,
    event.actor,
    order.buyerId,
    JSON.stringify(event.body),
  ]);
}
