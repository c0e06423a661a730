import type { EntityManager } from '@mikro-orm/postgresql';
import { checkNumberOf, type OrderId } from '../../domain/ids.ts';
import { officeAccountId } from '../../domain/ledger.ts';
import type { Currency } from '../../domain/money.ts';
import type { CheckStatus } from '../../domain/echeck.ts';
import type { SettleOn } from '../../domain/order.ts';
import type { Orm } from '../../platform/orm.ts';
import { captureHold, holdFor, postTransfer, voidHold } from '../../office/ledger/transfers.ts';
import { refundWithin } from '../../office/orders/refunds.ts';

let count = 0;

/** An order id that no other test of this process has. */
export function newOrderId(): OrderId {
  count += 1;
  return `order-${count.toString(36).padStart(26, '0')}` as OrderId;
}

/** Opens an account with money on it. */
export async function openFunded(
  orm: Orm,
  id: string,
  account: { kind?: 'buyer' | 'seller'; fundsMinor?: bigint; creditLimitMinor?: bigint; currency?: Currency } = {},
): Promise<void> {
  const { kind = 'buyer', fundsMinor = 0n, creditLimitMinor = 0n, currency = 'EUR' } = account;
  await orm.em.fork().transactional(async (tx) => {
    await tx.execute('insert into accounts (id, kind, currency, credit_limit) values (?, ?, ?, ?)', [
      id,
      kind,
      currency,
      creditLimitMinor,
    ]);
    if (kind === 'seller') await tx.execute('insert into sellers (id, name) values (?, ?)', [id, id]);
    if (fundsMinor > 0n) {
      await postTransfer(tx, {
        key: `fund:${id}`,
        kind: 'deposit',
        debitAccountId: officeAccountId('world', currency),
        creditAccountId: id,
        amountMinor: fundsMinor,
        currency,
      });
    }
  });
}

/** Registers the distributor that the book's checks name. */
export async function registerDistributor(orm: Orm): Promise<void> {
  await orm.em
    .fork()
    .execute(
      "insert into distributors (id, name, terms) values ('distributor-test', 'Test', '{}') on conflict do nothing",
    );
}

export interface BookedOrder {
  readonly orderId?: OrderId;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly amountMinor: bigint;
  readonly currency?: Currency;
  /** Default: at the notice, so that the ledger's own rules alone release a payment. */
  readonly settleOn?: SettleOn;
}

/** Order, hold and check in one transaction, as issuing does it, with a token that nobody verifies. */
export async function issueIn(tx: EntityManager, order: BookedOrder & { orderId: OrderId }): Promise<bigint> {
  const { orderId, buyerId, sellerId, amountMinor, currency = 'EUR', settleOn = 'notice' } = order;
  const number = checkNumberOf(orderId);
  await tx.execute(
    `insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, charge_amount, currency,
       deliver_to_sealed, settle_on, payment_status)
     values (?, ?, ?, 'distributor-test', 'check_issued', 'digest', '[]', ?, ?, 'sealed', ?, 'held')`,
    [orderId, buyerId, sellerId, amountMinor, currency, settleOn],
  );
  const hold = await holdFor(tx, { orderId, number, buyerId, sellerId, amount: { amountMinor, currency } });
  await tx.execute(
    `insert into echecks (number, order_id, buyer_id, seller_id, distributor_id, amount, currency, jws, kid, status, hold_id,
       seller_version, distributor_version, issued_at, expires_at)
     values (?, ?, ?, ?, 'distributor-test', ?, ?, 'jws', 'kid', 'issued', ?, 1, 1, now(), now() + interval '1 day')`,
    [number, orderId, buyerId, sellerId, amountMinor, currency, hold.id],
  );
  return hold.id;
}

/** An order with an issued check and its hold. */
export async function issue(orm: Orm, order: BookedOrder): Promise<OrderId> {
  const orderId = order.orderId ?? newOrderId();
  await orm.em.fork().transactional((tx) => issueIn(tx, { ...order, orderId }));
  return orderId;
}

/** Moves the order's check from status to status. */
export async function moveCheck(em: EntityManager, orderId: OrderId, ...statuses: CheckStatus[]): Promise<void> {
  for (const status of statuses)
    await em.execute('update echecks set status = ? where order_id = ?', [status, orderId]);
}

/** Presents and accepts the check, then pays the seller from its hold, in full or in part. */
export async function settle(orm: Orm, orderId: OrderId, amountMinor?: bigint): Promise<void> {
  await orm.em.fork().transactional(async (tx) => {
    await moveCheck(tx, orderId, 'presented', 'accepted');
    await captureHold(tx, orderId, amountMinor);
    await moveCheck(tx, orderId, 'cleared');
    await tx.execute(
      `update orders set payment_status = 'settled', stage = 'delivered', settled_amount = coalesce(?::bigint, charge_amount) where id = ?`,
      [amountMinor ?? null, orderId],
    );
  });
}

/** An order that was issued, settled and completed. */
export async function completed(orm: Orm, order: BookedOrder): Promise<OrderId> {
  const orderId = await issue(orm, order);
  await settle(orm, orderId);
  await orm.em.fork().transactional(async (tx) => {
    await moveCheck(tx, orderId, 'final');
    await tx.execute("update orders set stage = 'completed' where id = ?", [orderId]);
  });
  return orderId;
}

/** Moves a check along a path of statuses together with its money, as the office's steps would. */
export async function walkCheck(orm: Orm, orderId: OrderId, path: readonly CheckStatus[]): Promise<void> {
  for (const status of path) {
    await orm.em.fork().transactional(async (tx) => {
      const [check] = await tx.execute<{ status: CheckStatus }[]>('select status from echecks where order_id = ?', [
        orderId,
      ]);
      await moveMoneyFor(tx, orderId, check?.status, status);
      await moveCheck(tx, orderId, status);
    });
  }
}

/** What releases the payment of an order that is paid on delivery. */
const COMPLETION_ON_RECORD = `insert into order_events (order_id, key, type, actor, recipient, body)
  values (?, 'completion_notified_office', 'completion_notified_office', 'distributor-test', 'check-office', '{}')
  on conflict do nothing`;

async function moveMoneyFor(
  tx: EntityManager,
  orderId: OrderId,
  from: CheckStatus | undefined,
  to: CheckStatus,
): Promise<void> {
  const released =
    to === 'stopped' || to === 'expired' || to === 'voided' || (to === 'returned' && from === 'accepted');
  if (released) {
    await voidHold(tx, orderId, to);
    await tx.execute("update orders set payment_status = 'voided' where id = ?", [orderId]);
  } else if (to === 'cleared') {
    await tx.execute(COMPLETION_ON_RECORD, [orderId]);
    await captureHold(tx, orderId);
    await tx.execute("update orders set payment_status = 'settled', settled_amount = charge_amount where id = ?", [
      orderId,
    ]);
  } else if (to === 'refunded') {
    const refunded = await refundWithin(tx, { orderId, reason: 'walk', actor: 'service', key: 'walk' });
    if (!refunded.ok) throw new Error(refunded.detail);
  }
}
