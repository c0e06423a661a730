/** Sellers among whom an uncontended measurement spreads; also the number of buyers. */
export const PARTIES = 1_000;

/** One thing to measure: a single statement, committed by itself, that writes one transfer. */
export interface Subject {
  readonly name: string;
  readonly sql: string;
  /** Makes what the statement consumes: `$1` from, `$2` to, `$3` the sellers in use. Run before, not measured. */
  readonly prepare?: string;
  /** All payments go to one seller. */
  readonly hot: boolean;
  /** Whether the orders' agreement with check and ledger is compared at the commit, as in the service. */
  readonly agreement: boolean;
}

// `$1` is the number of the payment, from which order, buyer and seller follow; `$2` the number of sellers in use.
const ORDER = `'order-' || $1::int`;
const BUYER = `'buyer-' || ($1::int % ${PARTIES})`;
const SELLER = `'seller-' || ($1::int * 7 % $2::int)`;

const BARE = `select bare_transfer(${BUYER}, ${SELLER}, 1)`;

const HOLD = `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency, order_id, check_number)
  values (${ORDER} || ':issue', 'hold', ${BUYER}, ${SELLER}, 1, 'EUR', ${ORDER}, 'check-' || $1::int) on conflict (key) do nothing returning id`;

const CAPTURE = `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency, hold_id, order_id, check_number)
  select order_id || ':settle', 'capture', debit_account_id, credit_account_id, amount, currency, id, order_id, check_number
  from transfers where key = ${ORDER} || ':issue' and $2::int > 0 on conflict (key) do nothing returning id`;

const ORDER_ROW = `insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, charge_amount, currency,
    deliver_to_sealed, settle_on, payment_status)
  values (${ORDER}, ${BUYER}, ${SELLER}, 'distributor-1', 'check_issued', 'digest', '[]', 1, 'EUR', 'sealed', 'delivery', 'held')`;

/** The whole issue in one statement: order, hold and check. */
const ISSUE = `with o as (${ORDER_ROW}), h as (${HOLD})
  insert into echecks (number, order_id, buyer_id, seller_id, distributor_id, amount, currency, jws, kid, status, hold_id, seller_version,
    distributor_version, issued_at, expires_at)
  select 'check-' || $1::int, ${ORDER}, ${BUYER}, ${SELLER}, 'distributor-1', 1, 'EUR', 'jws', 'kid', 'issued', id, 1, 1, now(),
    now() + interval '1 day' from h`;

/** The whole settlement in one statement: capture, check cleared, order settled. */
const SETTLE = `with c as (update echecks set status = 'cleared' where order_id = ${ORDER}),
    o as (update orders set settled_amount = charge_amount, payment_status = 'settled' where id = ${ORDER})
  ${CAPTURE}`;

/** Issued and accepted orders, written in bulk by the same rules. */
const ACCEPTED_ORDERS = `
  insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, charge_amount, currency, deliver_to_sealed,
    settle_on, payment_status)
  select 'order-' || n, 'buyer-' || n % ${PARTIES}, 'seller-' || n * 7 % $3::int, 'distributor-1', 'accepted', 'digest', '[]', 1, 'EUR',
    'sealed', 'delivery', 'held' from generate_series($1::int, $2::int) n;
  insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency, order_id, check_number)
  select id || ':issue', 'hold', buyer_id, seller_id, 1, 'EUR', id, replace(id, 'order', 'check') from orders
  where id = any (select 'order-' || generate_series($1::int, $2::int));
  insert into echecks (number, order_id, buyer_id, seller_id, distributor_id, amount, currency, jws, kid, status, hold_id, seller_version,
    distributor_version, issued_at, expires_at)
  select check_number, order_id, debit_account_id, credit_account_id, 'distributor-1', 1, 'EUR', 'jws', 'kid', 'accepted', id, 1, 1, now(),
    now() + interval '1 day' from transfers where key = any (select 'order-' || generate_series($1::int, $2::int) || ':issue');
  insert into order_events (order_id, key, type, actor, recipient, body)
  select 'order-' || n, 'completion_notified_office', 'completion_notified_office', 'distributor-1', 'check-office', '{}'
  from generate_series($1::int, $2::int) n`;

const bare = { sql: BARE, agreement: true };
const hold = { sql: HOLD, agreement: false };
const capture = { sql: CAPTURE, prepare: ACCEPTED_ORDERS, agreement: false };
const issue = { sql: ISSUE, agreement: true };
const settle = { sql: SETTLE, prepare: ACCEPTED_ORDERS, agreement: true };

/** In the order in which every round runs them. */
export const SUBJECTS = [
  { name: 'bare', ...bare, hot: false },
  { name: 'hold', ...hold, hot: false },
  { name: 'capture', ...capture, hot: false },
  { name: 'issue', ...issue, hot: false },
  { name: 'settle', ...settle, hot: false },
  { name: 'bare, one seller', ...bare, hot: true },
  { name: 'hold, one seller', ...hold, hot: true },
  { name: 'capture, one seller', ...capture, hot: true },
  { name: 'issue, one seller', ...issue, hot: true },
  { name: 'settle, one seller', ...settle, hot: true },
] as const satisfies readonly Subject[];

export type SubjectName = (typeof SUBJECTS)[number]['name'];
