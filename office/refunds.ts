import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../domain/ids.ts';
import { stepKey } from '../domain/ids.ts';
import { LedgerRefusal, type LedgerRefusalCode } from '../domain/ledger.ts';
import { formatMoney, moneyFromJson, moneyToJson, type Money, type MoneyJson } from '../domain/money.ts';
import type { Orm } from '../platform/orm.ts';
import { knownCurrency } from './account-view.ts';
import { asLedgerRefusal } from './ledger-refusals.ts';
import { postTransfer } from './ledger.ts';
import { done, refused, type Outcome } from './outcome.ts';

export interface RefundRequest {
  readonly orderId: OrderId;
  /** Absent: all that has been settled and not refunded yet. */
  readonly amount?: MoneyJson;
  readonly reason: string;
  /** A party id, or `service`. */
  readonly actor: string;
  /** Unique within the order for ever: an Idempotency-Key, or the step of a compensation. */
  readonly key: string;
}

/** What this refund gave back, and what the order's refunds come to now. */
export interface RefundView {
  readonly orderId: string;
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
export async function refundOrder(orm: Orm, request: RefundRequest): Promise<RefundOutcome> {
  try {
    return await orm.em.fork().transactional((tx) => refundWithin(tx, request));
  } catch (error) {
    return refundRefusal(error, request.orderId);
  }
}

/** The same inside the caller's transaction. Throws `LedgerRefusal` where the ledger says no. */
export async function refundWithin(tx: EntityManager, request: RefundRequest): Promise<RefundOutcome> {
  const order = await lockOrder(tx, request.orderId);
  if (!order) return refused('order-not-found', `there is no order ${request.orderId}`);
  const known = await knownRefund(tx, request);
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

interface RefundableOrder {
  readonly id: string;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly currency: Money['currency'];
  readonly settled: bigint;
  readonly refunded: bigint;
}

async function post(tx: EntityManager, order: RefundableOrder, request: RefundRequest, amount: Money): Promise<void> {
  await postTransfer(tx, {
    key: refundKey(request),
    kind: 'refund',
    debitAccountId: order.sellerId,
    creditAccountId: order.buyerId,
    ...amount,
    orderId: order.id,
    reason: request.reason,
  });
  const inFull = order.refunded + amount.amountMinor === order.settled;
  await tx.execute(RECORD_REFUND, [
    order.refunded + amount.amountMinor,
    inFull,
    inFull,
    order.id,
    inFull,
    order.id,
    order.id,
    eventKey(request),
    request.actor,
    order.buyerId,
    JSON.stringify({
      amount: moneyToJson(amount),
      requested: request.amount?.amount ?? 'rest',
      reason: request.reason,
    }),
  ]);
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

async function lockOrder(tx: EntityManager, orderId: string): Promise<RefundableOrder | undefined> {
  const [row] = await tx.execute<
    { buyer_id: string; seller_id: string; currency: string | null; settled: string; refunded: string }[]
  >(
    `select buyer_id, seller_id, currency, settled_amount as settled, refunded_amount as refunded
     from orders where id = ? for no key update`,
    [orderId],
  );
  if (!row) return undefined;
  return {
    id: orderId,
    buyerId: row.buyer_id,
    sellerId: row.seller_id,
    // An order that was never priced has no currency, and nothing to refund: any will do for the refusal.
    currency: knownCurrency(row.currency ?? 'EUR'),
    settled: BigInt(row.settled),
    refunded: BigInt(row.refunded),
  };
}

interface KnownRefund {
  readonly amount: MoneyJson;
  readonly requested: number | 'rest';
  readonly reason: string;
}

async function knownRefund(tx: EntityManager, request: RefundRequest): Promise<KnownRefund | undefined> {
  const [row] = await tx.execute<{ body: KnownRefund }[]>(
    'select body from order_events where order_id = ? and key = ?',
    [request.orderId, eventKey(request)],
  );
  return row?.body;
}

function replay(order: RefundableOrder, known: KnownRefund, request: RefundRequest): RefundOutcome {
  const requested = request.amount?.amount ?? 'rest';
  const sameCurrency = request.amount === undefined || request.amount.currency === known.amount.currency;
  if (known.requested !== requested || known.reason !== request.reason || !sameCurrency) {
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

const REFUSAL_OF: Record<LedgerRefusalCode, RefundRefusalCode> = {
  insufficient_funds: 'seller-lacks-funds',
  account_not_open: 'account-closed',
  hold_not_open: 'refund-exceeds-settled',
  key_reused: 'idempotency-key-reused',
  rule: 'refund-exceeds-settled',
};

function refundRefusal(error: unknown, orderId: string): RefundOutcome {
  const refusal = asLedgerRefusal(error);
  if (!(refusal instanceof LedgerRefusal)) throw error;
  return refused(REFUSAL_OF[refusal.code], `order ${orderId} cannot be refunded: ${refusal.message}`);
}

function refundKey(request: RefundRequest): string {
  return stepKey(request.orderId, `refund:${request.key}`);
}

function eventKey(request: RefundRequest): string {
  return `refund:${request.key}`;
}
