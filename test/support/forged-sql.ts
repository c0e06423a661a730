import { checkNumberOf } from '../../domain/ids.ts';
import type { AttackedOrders } from './intruder.ts';
import { newOrderId } from './ledger-book.ts';

// Hand-written SQL that does what the service does, except for the fields that are forged.

type Fields = Readonly<Record<string, string | number>>;

export function transfer(fields: Fields): string {
  return insert('transfers', Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, literal(value)])));
}

export function hold(fields: Fields = {}): string {
  const orderId = newOrderId();
  return transfer({
    key: `${orderId}:issue`,
    kind: 'hold',
    debit_account_id: 'ada',
    credit_account_id: 'shop',
    amount: 10,
    currency: 'EUR',
    order_id: orderId,
    check_number: checkNumberOf(orderId),
    ...fields,
  });
}

export function deposit(fields: Fields = {}): string {
  const plain = { debit_account_id: 'office:world:EUR', credit_account_id: 'bob', amount: 5, currency: 'EUR' };
  return transfer({ key: 'forged', kind: 'deposit', ...plain, ...fields });
}

export function payout(fields: Fields = {}): string {
  const plain = { debit_account_id: 'ada', credit_account_id: 'office:world:EUR', amount: 1, currency: 'EUR' };
  return transfer({ key: 'forged', kind: 'payout', ...plain, reason: 'rent', ...fields });
}

export function refund(orders: AttackedOrders, fields: Fields = {}): string {
  const plain = { debit_account_id: 'shop', credit_account_id: 'ada', amount: 1, currency: 'EUR' };
  return transfer({ key: 'forged', kind: 'refund', ...plain, order_id: orders.completed, ...fields });
}

/** Resolves the hold of an order; `forged` columns are SQL expressions over the hold's row. */
export function resolve(orderId: string, kind: string, forged: Readonly<Record<string, string>> = {}): string {
  const columns: Record<string, string> = {
    key: literal('forged'),
    kind: literal(kind),
    debit_account_id: 'debit_account_id',
    credit_account_id: 'credit_account_id',
    amount: 'amount',
    currency: 'currency',
    hold_id: 'id',
    order_id: 'order_id',
    check_number: 'check_number',
    ...forged,
  };
  return `insert into transfers (${Object.keys(columns).join(', ')})
    select ${Object.values(columns).join(', ')} from transfers where key = '${orderId}:issue'`;
}

/** A check's row; `forged` columns are SQL expressions. */
export function check(forged: Readonly<Record<string, string>>): string {
  return insert('echecks', {
    number: literal(checkNumberOf(newOrderId())),
    buyer_id: literal('ada'),
    seller_id: literal('shop'),
    distributor_id: literal('distributor-test'),
    amount: '10',
    currency: literal('EUR'),
    jws: literal('j'),
    kid: literal('k'),
    status: literal('issued'),
    seller_version: '1',
    distributor_version: '1',
    issued_at: 'now()',
    expires_at: 'now()',
    ...forged,
  });
}

interface Issue {
  readonly checkAmount?: number;
  readonly holdAmount?: number;
  readonly charge?: number;
  readonly seller?: string;
  readonly sellerVersion?: number;
  readonly orderBuyer?: string;
  readonly holds?: number;
}

/** A whole issue: order, hold and check in one transaction. */
export function issueSql(forged: Issue = {}): string {
  const orderId = newOrderId();
  const number = checkNumberOf(orderId);
  const { checkAmount = 10, holdAmount = 10, charge = 10, seller = 'shop', sellerVersion = 1, holds = 1 } = forged;
  const order = insert('orders', {
    id: literal(orderId),
    buyer_id: literal(forged.orderBuyer ?? 'ada'),
    seller_id: literal(seller),
    distributor_id: literal('distributor-test'),
    stage: literal('check_issued'),
    request_digest: literal('d'),
    lines: literal('[]'),
    charge_amount: String(charge),
    currency: literal('EUR'),
    deliver_to_sealed: literal('s'),
    settle_on: literal('delivery'),
    payment_status: literal('held'),
  });
  const holdSql = (index: number) =>
    hold({
      key: `${orderId}:issue${index}`,
      order_id: orderId,
      check_number: number,
      amount: holdAmount,
      credit_account_id: seller,
    });
  const checkSql = check({
    number: literal(number),
    order_id: literal(orderId),
    seller_id: literal(seller),
    amount: String(checkAmount),
    hold_id: `(select id from transfers where key = '${orderId}:issue0')`,
    seller_version: String(sellerVersion),
  });
  return [order, ...Array.from({ length: holds }, (_, index) => holdSql(index)), checkSql].join('; ');
}

function insert(table: string, columns: Readonly<Record<string, string>>): string {
  return `insert into ${table} (${Object.keys(columns).join(', ')}) values (${Object.values(columns).join(', ')})`;
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value}'`;
}
