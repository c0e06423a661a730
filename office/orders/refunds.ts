import type { EntityManager } from '@mikro-orm/postgresql';
import { stepKey, type OrderId } from '../../domain/ids.ts';
import { feeReturned, type LedgerRefusal, type LedgerRefusalCode } from '../../domain/ledger.ts';
import {
  formatMoney,
  knownCurrency,
  moneyFromJson,
  moneyToJson,
  type Money,
  type MoneyJson,
} from '../../domain/money.ts';
import type { Orm } from '../../platform/orm.ts';
import { orRefusal, postTransfer } from '../ledger/index.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { inTransaction } from '../transaction.ts';

export interface RefundRequest {
  readonly orderId: OrderId;
  /** Absent: all that has been settled and not refunded yet. */
  readonly amount?: MoneyJson;
  readonly reason: string;
  /** A party id, or `service`. */
  readonly actor: string;
  /** Unique within the order permanently: an Idempotency-Key, or the step of a compensation. */
  readonly key: string;
}

/** What this refund gave back, and what the order's refunds come to now. */
export interface RefundView {
  readonly orderId: OrderId;
  readonly refunded: MoneyJson;
  readonly refundedInAll: MoneyJson;
  readonly replayed: boolean;
}

export type RefundRefusalCode =
  | 'order-not-found'
  | 'refund-exceeds-settled'
  | 'currency-mismatch'
  | 'seller-lacks-funds'
  | 'account-closed'
  | 'idempotency-key-reused';

type RefundOutcome = Outcome<RefundView, RefundRefusalCode>;

/**
 * Gives back what a settled order cost, in full or in part, in one transaction: the transfer, the order's sums, the
 * check's status when all is given back, and the event. Never more than was settled in all.
 */
export function refundOrder(orm: Orm, request: RefundRequest): Promise<RefundOutcome> {
  const transaction = inTransaction(orm, (tx) => refundWithin(tx, request));
  return orRefusal(transaction, (refusal) => refundRefusal(refusal, request.orderId));
}

/** The same inside the caller's transaction. Throws `LedgerRefusal` where the ledger says no. */
export async function refundWithin(tx: EntityManager, request: RefundRequest): Promise<RefundOutcome> {
  const order = await lockOrder(tx, request.orderId);
  if (!order) return refused('order-not-found', `there is no order ${request.orderId}`);
  const known = await recordedRefund(tx, request.orderId, eventKey(request));
  if (known) return replay(order, known, request);
  if (request.amount && request.amount.currency !== order.currency) {
    return refused('currency-mismatch', `order ${request.orderId} was settled in ${order.currency}`);
  }
  const rest: Money = { amountMinor: order.settled - order.refunded, currency: order.currency };
  const amount = request.amount ? moneyFromJson(request.amount) : rest;
  if (amount.amountMinor > rest.amountMinor || rest.amountMinor === 0n) {
    return refused('refund-exceeds-settled', `${formatMoney(rest)} of order ${request.orderId} can still be refunded`);
  }
  await post(tx, order, request, amount);
  return done(viewOf(order, amount.amountMinor, order.refunded + amount.amountMinor, false));
}

async function post(tx: EntityManager, order: RefundableOrder, request: RefundRequest, amount: Money): Promise<void> {
  const refundedAfter = order.refunded + amount.amountMinor;
  await postTransfer(tx, {
    key: stepKey(request.orderId, eventKey(request)),
    kind: 'refund',
    debitAccountId: order.sellerId,
    creditAccountId: order.buyerId,
    ...amount,
    feeMinor: feeReturned({ ...order.fees, settledMinor: order.settled, refundedAfterMinor: refundedAfter }),
    orderId: order.id,
    reason: request.reason,
  });
  const body = { amount: moneyToJson(amount), requested: requestedOf(request), reason: request.reason };
  await recordRefund(tx, order, { refundedAfter, event: { key: eventKey(request), actor: request.actor, body } });
}

function requestedOf(request: RefundRequest): RecordedRefund['requested'] {
  return request.amount?.amount ?? 'rest';
}

function eventKey(request: RefundRequest): string {
  return `refund:${request.key}`;
}

function replay(order: RefundableOrder, known: RecordedRefund, request: RefundRequest): RefundOutcome {
  const sameCurrency = request.amount === undefined || request.amount.currency === known.amount.currency;
  if (known.requested !== requestedOf(request) || known.reason !== request.reason || !sameCurrency) {
    return refused('idempotency-key-reused', 'this Idempotency-Key was used for another refund: use a new one');
  }
  return done(viewOf(order, BigInt(known.amount.amount), order.refunded, true));
}

function viewOf(order: RefundableOrder, refunded: bigint, inAll: bigint, replayed: boolean): RefundView {
  return {
    orderId: order.id,
    refunded: moneyToJson({ amountMinor: refunded, currency: order.currency }),
    refundedInAll: moneyToJson({ amountMinor: inAll, currency: order.currency }),
    replayed,
  };
}

const REFUSAL_OF: Record<Exclude<LedgerRefusalCode, 'rule' | 'completion_missing'>, RefundRefusalCode> = {
  insufficient_funds: 'seller-lacks-funds',
  account_not_open: 'account-closed',
  hold_not_open: 'refund-exceeds-settled',
  key_reused: 'idempotency-key-reused',
};

function refundRefusal({ code, message }: LedgerRefusal, orderId: OrderId): RefundOutcome | undefined {
  // A broken rule is a fault of the service: nothing that a party could do about it. What releases a payment holds up no refund.
  if (code === 'rule' || code === 'completion_missing') return undefined;
  return refused(REFUSAL_OF[code], `order ${orderId} cannot be refunded: ${message}`);
}

/** An order with what was settled and refunded of it, in minor units. */
interface RefundableOrder {
  readonly id: OrderId;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly currency: Money['currency'];
  readonly settled: bigint;
  readonly refunded: bigint;
  readonly fees: { readonly feeMinor: bigint; readonly feeReturnedMinor: bigint };
}

/** The sums are read after the lock, so that they include what its former holder committed; fees are sums over transfers. */
async function lockOrder(tx: EntityManager, orderId: OrderId): Promise<RefundableOrder | undefined> {
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
interface RecordedRefund {
  readonly amount: MoneyJson;
  readonly requested: number | 'rest';
  readonly reason: string;
}

/** The refund that was recorded under this event key before, if any. */
async function recordedRefund(tx: EntityManager, orderId: OrderId, key: string): Promise<RecordedRefund | undefined> {
  const [row] = await tx.execute<{ body: RecordedRefund }[]>(
    'select body from order_events where order_id = ? and key = ?',
    [orderId, key],
  );
  return row?.body;
}

/** One statement for three tables. Only a `completed` order becomes `refunded` here: one that runs is moved by its workflow. */
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
async function recordRefund(
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
