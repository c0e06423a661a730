import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Client } from 'pg';
import { payOut } from '../../office/ledger/payouts.ts';
import { deposit, readAccount } from '../../office/ledger/accounts.ts';
import { openStatement, statementPages, type Booking, type Statement } from '../../office/ledger/statement.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { completed, issue, openFunded, registerDistributor, settle } from '../support/ledger-book.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
  await openFunded(database.orm, 'shop', { kind: 'seller' });
  await openFunded(database.orm, 'ada', { fundsMinor: 100_000n });
});
afterAll(() => database.close());

const euros = (amount: number) => ({ amount, currency: 'EUR' as const });
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

async function statementOf(accountId: string, change: { from?: string; to?: string; limit?: number } = {}) {
  const query = { accountId, limit: 100, to: inAnHour(), ...change };
  const first = await openStatement(database.orm, query);
  if (!first) throw new Error(`there is no account ${accountId}`);
  const pages: Statement[] = [];
  for await (const page of statementPages(database.orm, first, query)) pages.push(page);
  return { first, pages, bookings: pages.flatMap(({ data }) => data) };
}

/** What a reader of a statement would check: each balance follows from the one before, from the opening to the closing. */
function expectAgreement({ first, bookings }: { first: Statement; bookings: readonly Booking[] }): void {
  let balance = first.openingBalance.amount;
  for (const booking of bookings) {
    balance += booking.amount.amount;
    expect(booking.balanceAfter.amount).toBe(balance);
  }
  expect(first.closingBalance.amount).toBe(balance);
}

test('shows what moved the balance with its cause, and no holds', async () => {
  await openFunded(database.orm, 'bob', { fundsMinor: 1_000n });
  const orderId = await completed(database.orm, { buyerId: 'bob', sellerId: 'shop', amountMinor: 300n });
  await issue(database.orm, { buyerId: 'bob', sellerId: 'shop', amountMinor: 200n });
  await payOut(database.orm, { accountId: 'bob', amount: euros(400), reference: '=SUM(A1)', key: 'k' });
  const { first, bookings } = await statementOf('bob');
  expect(bookings).toMatchObject([
    { kind: 'deposit', amount: euros(1_000), balanceAfter: euros(1_000), reference: null, orderId: null },
    { kind: 'capture', amount: euros(-300), balanceAfter: euros(700), orderId },
    { kind: 'payout', amount: euros(-400), balanceAfter: euros(300), reference: '=SUM(A1)' },
  ]);
  expect(first).toMatchObject({ openingBalance: euros(0), closingBalance: euros(300), currency: 'EUR', from: null });
});

test('of neighbouring periods the one closes as the next one opens, whatever the moments and the pages', async () => {
  await openFunded(database.orm, 'carl', { fundsMinor: 500n });
  for (let index = 1; index <= 12; index += 1)
    await deposit(database.orm, { accountId: 'carl', amount: euros(index), key: `d${index}` });
  const all = (await statementOf('carl')).bookings;
  const moments = all.map(({ time }) => Date.parse(time));
  const moment = fc
    .tuple(fc.constantFrom(...moments), fc.integer({ min: -2, max: 2 }))
    .map(([at, off]) => new Date(at + off).toISOString());
  await fc.assert(
    fc.asyncProperty(moment, moment, fc.integer({ min: 1, max: 5 }), async (one, other, limit) => {
      const [from = '', to = ''] = [one, other].toSorted();
      const [before, within, after] = [
        await statementOf('carl', { to: from, limit }),
        await statementOf('carl', { from, to, limit }),
        await statementOf('carl', { from: to, limit }),
      ];
      for (const part of [before, within, after]) expectAgreement(part);
      expect(before.first.closingBalance).toEqual(within.first.openingBalance);
      expect(within.first.closingBalance).toEqual(after.first.openingBalance);
      expect([...before.bookings, ...within.bookings, ...after.bookings]).toEqual(all);
      expect(within.pages.every(({ data }) => data.length <= limit)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('a moment belongs to the period that it begins', async () => {
  await openFunded(database.orm, 'dora', { fundsMinor: 5n });
  // PostgreSQL counts microseconds, a statement's bounds milliseconds.
  const [row] = await database.orm.em.fork().execute<{ time: string }[]>(
    `select to_char(date_trunc('milliseconds', created_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time
       from entries where account_id = 'dora'`,
  );
  const time = row?.time ?? '';
  const next = new Date(Date.parse(time) + 1).toISOString();
  expect((await statementOf('dora', { from: time, to: next })).bookings).toHaveLength(1);
  expect((await statementOf('dora', { to: time })).bookings).toHaveLength(0);
  expect((await statementOf('dora', { from: next })).bookings).toHaveLength(0);
});

test('of a busy seller agrees while some of it is not in the stored balance yet, and with what the account has', async () => {
  await openFunded(database.orm, 'busy', { kind: 'seller' });
  const late = await Promise.all(
    [1n, 2n, 3n].map((amountMinor) => issue(database.orm, { buyerId: 'ada', sellerId: 'busy', amountMinor })),
  );
  await completed(database.orm, { buyerId: 'ada', sellerId: 'busy', amountMinor: 10n });
  await database.orm.em.fork().transactional(async (tx) => {
    await tx.execute("select 1 from accounts where id = 'busy' for no key update");
    for (const orderId of late) await settle(database.orm, orderId);
  });
  const part = await statementOf('busy', { limit: 2 });
  expectAgreement(part);
  expect(part.first.closingBalance).toEqual((await readAccount(database.orm, 'busy'))?.balance);
  expect(part.bookings.map(({ amount }) => amount.amount)).toEqual([10, 1, 2, 3]);
});

test('does not wait for a session that only begins', async () => {
  await openFunded(database.orm, 'early', { fundsMinor: 5n });
  const admin = await slowLogins(database.url);
  const beginning = new Client({ connectionString: database.serviceUrl, application_name: 'late' });
  const connected = beginning.connect();
  try {
    const begun =
      "select 1 from pg_stat_activity where datname = current_database() and application_name = 'late' and xact_start is not null";
    await until(async () => (await admin.query(begun)).rowCount !== 0);
    for (const key of ['a', 'b', 'c']) await deposit(database.orm, { accountId: 'early', amount: euros(1), key });
    expect((await statementOf('early', { limit: 1 })).bookings).toHaveLength(4);
  } finally {
    await admin.query('select pg_advisory_unlock(1)');
    await connected;
    await admin.query('drop event trigger slow_login');
    await beginning.end();
    await admin.end();
  }
});

/** From now on new sessions of the application `late` wait at their beginning for a lock, which the returned client holds. */
async function slowLogins(url: string): Promise<Client> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query(`
    create function wait_at_login() returns event_trigger language plpgsql as $$
    begin
      if current_setting('application_name') = 'late' then perform pg_advisory_xact_lock(1); end if;
    end $$;
    create event trigger slow_login on login execute function wait_at_login();
    select pg_advisory_lock(1);`);
  return admin;
}

test('of no account, of another kind of party, or of the office is none', async () => {
  const to = inAnHour();
  expect(await openStatement(database.orm, { accountId: 'nobody', to, limit: 1 })).toBeUndefined();
  expect(await openStatement(database.orm, { accountId: 'ada', holder: 'seller', to, limit: 1 })).toBeUndefined();
  expect(await openStatement(database.orm, { accountId: 'office:fees:EUR', to, limit: 1 })).toBeUndefined();
});

test('what is booked while somebody reads on belongs to the next statement', async () => {
  await openFunded(database.orm, 'reader', { fundsMinor: 500n });
  const em = database.orm.em.fork();
  const book = (key: string) =>
    em.execute(
      `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency)
       values (?, 'deposit', 'office:world:EUR', 'reader', 7, 'EUR')`,
      [key],
    );
  await em.begin();
  await em.execute('select now()');
  for (const key of ['a', 'b', 'c']) await deposit(database.orm, { accountId: 'reader', amount: euros(1), key });
  const query = { accountId: 'reader', limit: 1, to: inAnHour() };
  await book('late');
  // Open, with a booking whose time lies before those that everybody sees.
  const first = await openStatement(database.orm, { ...query, limit: 2 });
  if (!first) throw new Error('there is no statement');
  await em.commit();
  await deposit(database.orm, { accountId: 'reader', amount: euros(1), key: 'd' });
  const bookings: Booking[] = [];
  for await (const { data } of statementPages(database.orm, first, query)) bookings.push(...data);
  expectAgreement({ first, bookings });
  const next = await statementOf('reader', { from: first.to });
  expectAgreement(next);
  expect(next.first.openingBalance).toEqual(first.closingBalance);
  expect(next.first.closingBalance).toEqual(euros(511));
});
