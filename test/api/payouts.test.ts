import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectProblem, testApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const euros = (amount: number) => ({ amount, currency: 'EUR' });
const payouts = '/v1/accounts/buyer-ada/payouts';
const body = { amount: euros(1_000), reference: 'November' };
const statement = '/v1/accounts/buyer-ada/statement';

describe('payouts', () => {
  test('the owner or the operator pays out; a repeat has the same answer and moves nothing', async () => {
    const before = (await api.ask('GET', '/v1/account')).body.balance.amount;
    const paid = await api.ask('POST', payouts, { body, key: 'p1' });
    expect(paid).toMatchObject({ status: 201, body: { accountId: 'buyer-ada', ...body } });
    const again = await api.ask('POST', payouts, { body, key: 'p1' });
    expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([201, paid.body, 'true']);
    expect((await api.ask('POST', payouts, { as: 'operator-olga', body, key: 'p2' })).status).toBe(201);
    expect((await api.ask('GET', '/v1/account')).body.balance).toEqual(euros(before - 2_000));
    const entries = (await api.ask('GET', '/v1/account/entries?limit=1')).body.data;
    expect(entries).toMatchObject([{ kind: 'payout', amount: euros(-1_000), reason: 'November' }]);
  });

  test('are refused to others, without a key, with another body, beyond the balance and in another currency', async () => {
    expectProblem(await api.ask('POST', payouts, { as: 'buyer-bob', body, key: 'x' }), 'not-found');
    expectProblem(await api.ask('POST', payouts, { as: 'seller-mill', body, key: 'x' }), 'not-found');
    expectProblem(await api.ask('POST', payouts, { as: 'distributor-swift', body, key: 'x' }), 'forbidden');
    expectProblem(await api.ask('POST', payouts, { body }), 'idempotency-key-required');
    expectProblem(await api.ask('POST', payouts, { body: { amount: euros(1) }, key: 'x' }), 'invalid-request');
    expectProblem(await api.ask('POST', payouts, { body: { ...body, amount: euros(0) }, key: 'x' }), 'invalid-request');
    const other = { ...body, reference: 'December' };
    expectProblem(await api.ask('POST', payouts, { body: other, key: 'p1' }), 'idempotency-key-reused');
    const much = { ...body, amount: euros(510_000) };
    expectProblem(await api.ask('POST', payouts, { body: much, key: 'x' }), 'insufficient-funds');
    const dollars = { ...body, amount: { amount: 1, currency: 'USD' } };
    expectProblem(await api.ask('POST', payouts, { body: dollars, key: 'x' }), 'account-conflict');
  });

  test('a token of another role is not the owner, though its id is', async () => {
    const as = await api.issuer.issue({ id: 'buyer-ada', role: 'seller' });
    expectProblem(await api.ask('POST', payouts, { as, body, key: 'y' }), 'not-found');
    expectProblem(await api.ask('GET', statement, { as }), 'not-found');
  });
});

describe('the statement', () => {
  test('has pages whose bookings make the closing balance out of the opening one, whatever is booked meanwhile', async () => {
    const { body: first } = await api.ask('GET', `${statement}?limit=1`);
    await api.ask('POST', payouts, { body, key: 'meanwhile' });
    const pages = [first];
    while (pages.at(-1).nextCursor !== null)
      pages.push((await api.ask('GET', `${statement}?limit=1&cursor=${pages.at(-1).nextCursor}`)).body);
    const bookings = pages.flatMap(({ data }) => data);
    const sum = bookings.reduce((total, { amount }) => total + amount.amount, first.openingBalance.amount);
    expect(sum).toBe(first.closingBalance.amount);
    expect(new Set(pages.map(({ to }) => to)).size).toBe(1);
    expect(bookings.at(-1)).toMatchObject({ kind: 'payout', balanceAfter: first.closingBalance });
  });

  test('reads days and moments with any offset, and refuses what is none or runs backwards', async () => {
    const of = async (query: string) => api.ask('GET', `${statement}?${query}`);
    expect((await of('from=2026-01-01&to=2026-02-01')).body).toMatchObject({
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-02-01T00:00:00.000Z',
      data: [],
      openingBalance: euros(0),
      closingBalance: euros(0),
      nextCursor: null,
    });
    expect((await of('from=2026-01-01T01:00:00%2B02:00')).body.from).toBe('2025-12-31T23:00:00.000Z');
    expect((await of('to=2100-01-01')).body.data.length).toBeGreaterThan(0);
    for (const wrong of [
      'from=2026-02-30',
      'from=yesterday',
      'from=1969-12-31',
      'to=',
      'format=xml',
      'cursor=zzz',
      'x=1',
    ])
      expectProblem(await of(wrong), 'invalid-request');
    expectProblem(await of('from=2026-02-01&to=2026-01-01'), 'invalid-request');
    expect((await of('from=2026-01-01&to=2026-01-01')).status).toBe(200);
  });

  test('is for its owner and the operator', async () => {
    expectProblem(await api.ask('GET', statement, { as: 'buyer-bob' }), 'not-found');
    expectProblem(await api.ask('GET', statement, { as: 'distributor-swift' }), 'forbidden');
    expect((await api.ask('GET', statement, { as: 'operator-olga' })).body.accountId).toBe('buyer-ada');
    const unknown = await api.ask('GET', '/v1/accounts/buyer-zoe/statement', { as: 'operator-olga' });
    expectProblem(unknown, 'not-found');
  });

  test('comes as CSV, whole, with nothing in it that a spreadsheet takes for a formula', async () => {
    for (const reference of ['=1+1', '+49 1', '-x', '@home', 'one, "two"', 'Müllerlohn; 5 €'])
      await api.ask('POST', '/v1/accounts/buyer-bob/payouts', {
        as: 'buyer-bob',
        key: `ref ${reference.codePointAt(0)}`,
        body: { amount: euros(10), reference },
      });
    const path = '/v1/accounts/buyer-bob/statement';
    const csv = await api.ask('GET', `${path}?format=csv`, { as: 'buyer-bob' });
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    const rows = csv.body.trimEnd().split('\r\n');
    expect(rows[0]).toBe('time,kind,reference,orderId,checkNumber,amountMinor,balanceAfterMinor,currency');
    expect(rows[1]).toBe(',opening_balance,,,,,0,EUR');
    expect(rows.at(-1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z,closing_balance,,,,,2440,EUR$/);
    const references = rows
      .slice(3, -1)
      .map((row: string) => row.replace(/^[^,]*,payout,/, '').replace(/,,,-10,.*$/, ''));
    expect(references).toEqual(["'=1+1", "'+49 1", "'-x", "'@home", '"one, ""two"""', 'Müllerlohn; 5 €']);
    const asked = { as: 'buyer-bob', headers: { accept: 'text/csv' } };
    expect((await api.ask('GET', path, asked)).body.split('\r\n')[1]).toBe(rows[1]);
    const json = await api.ask('GET', `${path}?format=json`, asked);
    expect(json.body.closingBalance).toEqual(euros(2_440));
  });

  test('of thousands of bookings comes as CSV completely', async () => {
    await api.ask('POST', '/v1/accounts', { as: 'operator-olga', body: { id: 'buyer-many' } });
    await api.database.orm.em.fork().execute(
      `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency)
       select 'many:' || n, 'deposit', 'office:world:EUR', 'buyer-many', n, 'EUR' from generate_series(1, 2500) n`,
    );
    const path = '/v1/accounts/buyer-many/statement?format=csv';
    const { body: csv } = await api.ask('GET', path, { as: 'operator-olga' });
    const rows = csv.trimEnd().split('\r\n');
    expect(rows).toHaveLength(1 + 1 + 2_500 + 1);
    expect(rows.at(-1)).toContain(`closing_balance,,,,,${(2_500 * 2_501) / 2},EUR`);
    expect(rows.at(-2)).toContain(`,2500,${(2_500 * 2_501) / 2},EUR`);
  });
});
