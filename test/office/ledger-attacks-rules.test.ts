import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { check, deposit, hold, issueSql, payout, refund, resolve, transfer } from '../support/forged-sql.ts';
import { attackedBook, type AttackedBook, type AttackedOrders } from '../support/intruder.ts';

// What the ledger refuses to everybody who writes SQL by hand: the application's role and the owner of the tables alike.

let book: AttackedBook;
beforeAll(async () => {
  book = await attackedBook();
});
afterAll(() => book.close());

type Attack = [trick: string, sql: (orders: AttackedOrders) => string, why: RegExp];

const HOLDS: Attack[] = [
  [
    'hold more than funds and credit line',
    () => issueSql({ checkAmount: 9_000, holdAmount: 9_000, charge: 9_000 }),
    /lacks funds/,
  ],
  ['hold on a frozen account', () => hold({ debit_account_id: 'frozen' }), /account frozen is frozen/],
  ['hold without a check', () => hold(), /there is no order/],
  [
    'hold for an order that has its check',
    (orders) => hold({ order_id: orders.issued }),
    /do not agree|more than one hold/,
  ],
  ['hold twice for one check', () => issueSql({ holds: 2 }), /do not agree|more than one hold/],
  [
    'hold without naming a check',
    () =>
      transfer({
        key: 'x',
        kind: 'hold',
        debit_account_id: 'ada',
        credit_account_id: 'shop',
        amount: 1,
        currency: 'EUR',
        order_id: 'o',
      }),
    /transfers_holds_name_their_check/,
  ],
  ['hold a negative amount', () => hold({ amount: -10 }), /transfers_amount_positive/],
  ['hold nothing', () => hold({ amount: 0 }), /transfers_amount_positive/],
  ['hold yen on a euro account', () => hold({ currency: 'JPY' }), /on account ada in EUR/],
  ['hold in a currency that is none', () => hold({ currency: 'XXX' }), /on account ada in EUR/],
  ["hold a seller's money", () => hold({ debit_account_id: 'shop', credit_account_id: 'ada' }), /does not go this way/],
  ['hold towards oneself', () => hold({ credit_account_id: 'ada' }), /transfers_between_two_accounts/],
  ['hold towards nobody', () => hold({ credit_account_id: 'nobody' }), /foreign key|no account/],
  ['overflow the sums', () => hold({ amount: '9223372036854775807' }), /lacks funds|out of range/],
];

const CHECKS: Attack[] = [
  ['issue a check without a hold', () => check({ order_id: `'o'`, hold_id: '0' }), /foreign key/],
  [
    "issue a check on another's hold",
    (orders) =>
      check({
        order_id: `'${orders.issued}'`,
        hold_id: `(select id from transfers where key = '${orders.other}:issue')`,
      }),
    /unique/,
  ],
  ['issue a check for more than its hold', () => issueSql({ checkAmount: 11 }), /do not agree/],
  ['issue a check for another amount than the charge', () => issueSql({ charge: 9 }), /do not agree/],
  ['issue a check for another buyer than the order', () => issueSql({ orderBuyer: 'bob' }), /do not agree/],
  ['issue a check to a suspended seller', () => issueSql({ seller: 'shut' }), /not registered and active/],
  [
    'issue a check on an old registration',
    () => issueSql({ sellerVersion: 7 }),
    /not registered and active at version 7/,
  ],
  [
    'clear a check without paying',
    (orders) => `update echecks set status = 'cleared' where order_id = '${orders.accepted}'`,
    /do not agree/,
  ],
  [
    'void a check and keep the hold',
    (orders) => `update echecks set status = 'voided' where order_id = '${orders.accepted}'`,
    /do not agree/,
  ],
  [
    'bring a check back',
    (orders) => `update echecks set status = 'accepted' where order_id = '${orders.completed}'`,
    /may not move/,
  ],
  [
    'skip a status of a check',
    (orders) => `update echecks set status = 'final' where order_id = '${orders.accepted}'`,
    /may not move/,
  ],
];

const RESOLUTIONS: Attack[] = [
  ['pay a check that is not accepted', (orders) => resolve(orders.issued, 'capture'), /not accepted/],
  ['pay a check a second time', (orders) => resolve(orders.completed, 'capture'), /transfers_hold_resolved_once/],
  ['pay a check and leave it open', (orders) => resolve(orders.accepted, 'capture'), /do not agree/],
  [
    'pay more than the check',
    (orders) => resolve(orders.accepted, 'capture', { amount: 'amount + 1' }),
    /more than its hold/,
  ],
  [
    'pay somebody else with a check',
    (orders) => resolve(orders.accepted, 'capture', { credit_account_id: `'shut'` }),
    /does not fit the hold/,
  ],
  [
    "pay with somebody else's money",
    (orders) => resolve(orders.accepted, 'capture', { debit_account_id: `'bob'` }),
    /does not fit the hold/,
  ],
  [
    'pay in another currency',
    (orders) => resolve(orders.accepted, 'capture', { currency: `'JPY'` }),
    /does not fit the hold/,
  ],
  [
    'pay for another order',
    (orders) => resolve(orders.accepted, 'capture', { order_id: `'${orders.issued}'` }),
    /does not fit the hold/,
  ],
  [
    'pay on another check',
    (orders) => resolve(orders.accepted, 'capture', { check_number: `'check-x'` }),
    /does not fit the hold/,
  ],
  [
    'take more fee than is paid',
    (orders) => resolve(orders.accepted, 'capture', { fee_amount: '1001' }),
    /transfers_fee_within_amount/,
  ],
  [
    'take a fee for a release',
    (orders) => resolve(orders.accepted, 'void', { fee_amount: '1' }),
    /transfers_fee_within_amount/,
  ],
  [
    'capture without a hold',
    (orders) => resolve(orders.accepted, 'capture', { hold_id: 'null' }),
    /transfers_name_their_hold/,
  ],
  [
    'capture what is no hold',
    (orders) =>
      resolve(orders.completed, 'capture', {
        hold_id: `(select id from transfers where key = '${orders.completed}:settle')`,
      }),
    /does not fit the hold/,
  ],
  ['release a part of a hold', (orders) => resolve(orders.issued, 'void', { amount: 'amount - 1' }), /whole hold/],
  ['release a hold and keep its check', (orders) => resolve(orders.issued, 'void'), /do not agree/],
  ['release a paid hold', (orders) => resolve(orders.completed, 'void'), /transfers_hold_resolved_once/],
];

const MOVEMENTS: Attack[] = [
  ['spend a key again', (orders) => deposit({ key: `${orders.completed}:settle` }), /transfers_key_unique/],
  ['deposit from a party', () => deposit({ debit_account_id: 'ada' }), /does not go this way/],
  ['deposit to the office', () => deposit({ credit_account_id: 'office:fees:EUR' }), /does not go this way/],
  ['invent a kind', () => deposit({ kind: 'gift' }), /transfers_kind_check/],
  ['pay out a credit line', () => payout({ amount: 9_000 }), /lacks funds/],
  ['pay out what is held', () => payout({ amount: 8_500 }), /lacks funds/],
  ['pay out of a frozen account', () => payout({ debit_account_id: 'frozen' }), /is frozen/],
  ["pay out the office's fees", () => payout({ debit_account_id: 'office:fees:EUR' }), /does not go this way/],
  [
    'pay out what came for nobody known',
    () => payout({ debit_account_id: 'office:clearing:EUR' }),
    /does not go this way/,
  ],
  ['pay out to another party', () => payout({ credit_account_id: 'bob' }), /does not go this way/],
  [
    'pay out to the world of another currency',
    () => payout({ credit_account_id: 'office:world:USD' }),
    /in EUR on account/,
  ],
  [
    'pay out in another currency',
    () => payout({ credit_account_id: 'office:world:USD', currency: 'USD' }),
    /in USD on account/,
  ],
  ['pay out with a fee', () => payout({ fee_amount: 1 }), /transfers_fee_within_amount/],
  ['pay out less than nothing', () => payout({ amount: -5 }), /transfers_amount_positive/],
  ['pay out for no reference', () => payout().replace("'rent'", 'null'), /transfers_payouts_name_their_reference/],
  ['pay out for an order', (orders) => payout({ order_id: orders.issued }), /transfers_name_their_order/],
  ['pay out a hold', () => payout({ hold_id: 1 }), /transfers_name_their_hold/],
  ['take money out as the office does', () => payout({ kind: 'withdrawal' }), /does not go this way/],
  ['refund more than was settled', (orders) => refund(orders, { amount: 1_001 }), /more than was settled/],
  ['refund to somebody else', (orders) => refund(orders, { credit_account_id: 'bob' }), /more than was settled/],
  ['refund from somebody else', (orders) => refund(orders, { debit_account_id: 'shut' }), /more than was settled/],
  ['refund without noting it on the order', (orders) => refund(orders), /refunded amount is not what was refunded/],
  ['refund what was only held', (orders) => refund(orders, { order_id: orders.accepted }), /more than was settled/],
  ['refund more fee than was taken', (orders) => refund(orders, { fee_amount: 1 }), /more than was settled/],
  [
    'refund no order',
    () =>
      transfer({
        key: 'x',
        kind: 'refund',
        debit_account_id: 'shop',
        credit_account_id: 'ada',
        amount: 1,
        currency: 'EUR',
      }),
    /transfers_name_their_order/,
  ],
];

const ORDERS: Attack[] = [
  [
    'claim that an order was settled',
    (orders) => `update orders set settled_amount = charge_amount where id = '${orders.accepted}'`,
    /settled amount is not/,
  ],
  [
    'forget what was settled',
    (orders) => `update orders set settled_amount = 0 where id = '${orders.completed}'`,
    /settled amount is not/,
  ],
  [
    'claim a refund',
    (orders) => `update orders set refunded_amount = 1 where id = '${orders.completed}'`,
    /refunded amount is not/,
  ],
  [
    'change the charge under a check',
    (orders) => `update orders set charge_amount = 2000 where id = '${orders.accepted}'`,
    /do not agree/,
  ],
  [
    'change the seller under a check',
    (orders) => `update orders set seller_id = 'shut' where id = '${orders.accepted}'`,
    /do not agree/,
  ],
  [
    'call a held order voided',
    (orders) => `update orders set payment_status = 'voided' where id = '${orders.accepted}'`,
    /payment status is not/,
  ],
  [
    'cancel an order and keep its hold',
    (orders) => `update orders set stage = 'cancelled' where id = '${orders.accepted}'`,
    /ended with an open hold/,
  ],
  [
    'complete an order that is not paid',
    (orders) => `update orders set stage = 'completed' where id = '${orders.accepted}'`,
    /ended with an open hold/,
  ],
  [
    'cancel a paid order and keep the money',
    (orders) => `update orders set stage = 'cancelled' where id = '${orders.completed}'`,
    /still cost the buyer/,
  ],
];

const ACCOUNTS: Attack[] = [
  [
    'lower a credit line below its use',
    () => `update accounts set credit_limit = 59 where id = 'debtor'`,
    /accounts_within_limit/,
  ],
  [
    'give a negative credit line',
    () => `update accounts set credit_limit = -1 where id = 'bob'`,
    /accounts_credit_limit_not_negative/,
  ],
  [
    'close an account with money on it',
    () => `update accounts set status = 'closed' where id = 'bob'`,
    /accounts_closed_empty/,
  ],
  [
    'open a second outside world',
    () => `insert into accounts (id, kind, currency) values ('mine', 'world', 'EUR')`,
    /accounts_one_office_account/,
  ],
];

const TRANSACTIONS: Attack[] = [
  [
    'hide a refused statement in a block',
    (orders) =>
      `do $$ begin begin ${resolve(orders.issued, 'void', { amount: 'amount - 1' })}; exception when others then null; end; end $$; ${resolve(orders.issued, 'void')}`,
    /do not agree/,
  ],
  [
    'put off the comparison',
    (orders) => `set constraints all deferred; ${resolve(orders.issued, 'void')}`,
    /do not agree/,
  ],
  ['have it compared too early', () => `set constraints all immediate; ${hold()}`, /no order/],
  [
    'turn the search path',
    (orders) =>
      `set local search_path = pg_temp; ${resolve(orders.accepted, 'capture', { amount: 'amount + 1' }).replaceAll(/(into|from) transfers/g, '$1 public.transfers')}`,
    /more than its hold/,
  ],
  [
    'look at an old snapshot',
    (orders) => `set transaction isolation level repeatable read; ${resolve(orders.completed, 'capture')}`,
    /transfers_hold_resolved_once/,
  ],
  [
    'plant a temporary registry',
    () =>
      `create temporary table sellers as select 'shut' as id, 'active' as status, 1 as version; ${issueSql({ seller: 'shut' })}`,
    /not registered and active|permission denied/,
  ],
];

describe.each(['intruder', 'owner'] as const)('by hand, the %s cannot', (who) => {
  describe.each([
    ['holds', HOLDS],
    ['checks', CHECKS],
    ['resolutions', RESOLUTIONS],
    ['movements', MOVEMENTS],
    ['orders', ORDERS],
    ['accounts', ACCOUNTS],
    ['transactions', TRANSACTIONS],
  ] as const)('%s:', (_subject, attacks) => {
    test.each(attacks)('%s', async (_trick, sql, why) => {
      await book.expectRefused(book[who], sql(book.orders), why);
    });
  });
});

test('what they forge differs from what the service writes in the forged fields only: the plain form is accepted', async () => {
  const { intruder, orders } = book;
  expect(await book.outcomeOf(intruder, issueSql())).toBe('accepted');
  expect(await book.outcomeOf(intruder, deposit({ key: 'plain-deposit' }))).toBe('accepted');
  expect(await book.outcomeOf(intruder, payout({ key: 'plain-payout' }))).toBe('accepted');
  const settled = `update echecks set status = 'cleared' where order_id = '${orders.accepted}';
    update orders set settled_amount = charge_amount, payment_status = 'settled' where id = '${orders.accepted}'`;
  expect(await book.outcomeOf(intruder, `${resolve(orders.accepted, 'capture')}; ${settled}`)).toBe('accepted');
  const refunded = `update orders set refunded_amount = 1 where id = '${orders.completed}'`;
  expect(await book.outcomeOf(intruder, `${refund(orders, { key: 'plain-refund' })}; ${refunded}`)).toBe('accepted');
});
