import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ACCOUNT_STATUSES } from '../../domain/party.ts';
import { readAccount } from '../../office/ledger/accounts.ts';
import { reconcileBooks } from '../../office/reconciliation/books.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { issue, openFunded, registerDistributor } from '../support/ledger-book.ts';
import {
  apply,
  available,
  type Answer,
  emptyModel,
  type Command,
  type Model,
  type ModelAccount,
} from '../support/ledger-model.ts';
import { RealLedger } from '../support/real-ledger.ts';

// The same commands against a pure model and the real database: the same answers, the same sums, and books that agree.

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
});
afterAll(() => database.close());

const BUYERS = ['ada', 'bob'] as const;
const SELLERS = ['mill', 'forge'] as const;
const START: ReadonlyMap<string, ModelAccount> = new Map([
  ['ada', { balance: 100n, held: 0n, creditLimit: 50n, status: 'open', feeBasisPoints: 0 }],
  ['bob', { balance: 30n, held: 0n, creditLimit: 0n, status: 'open', feeBasisPoints: 0 }],
  ['mill', { balance: 0n, held: 0n, creditLimit: 0n, status: 'open', feeBasisPoints: 0 }],
  ['forge', { balance: 10n, held: 0n, creditLimit: 0n, status: 'open', feeBasisPoints: 770 }],
  ['fees', { balance: 0n, held: 0n, creditLimit: 0n, status: 'open', feeBasisPoints: 0 }],
]);

const account = fc.constantFrom(...BUYERS, ...SELLERS);
const amount = fc.bigInt({ min: 1n, max: 120n });
const some = fc.option(amount, { nil: undefined });
const order = fc.integer({ min: 0, max: 5 });
const key = fc.constantFrom('k1', 'k2', 'k3');
const hold: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('hold'),
  order,
  buyer: fc.constantFrom(...BUYERS),
  seller: fc.constantFrom(...SELLERS),
  amount,
});
const capture: fc.Arbitrary<Command> = fc.record({ kind: fc.constant('capture'), order, amount: some });
const release: fc.Arbitrary<Command> = fc.record({ kind: fc.constantFrom('void', 'expire'), order });
const refund: fc.Arbitrary<Command> = fc.record({ kind: fc.constant('refund'), order, amount: some, key });
const deposit: fc.Arbitrary<Command> = fc.record({ kind: fc.constant('deposit'), account, amount, key });
const payout: fc.Arbitrary<Command> = fc.record({ kind: fc.constant('payout'), account, amount, key });
const status: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('status'),
  account,
  status: fc.constantFrom(...ACCOUNT_STATUSES),
});
const credit: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('credit'),
  account,
  limit: fc.bigInt({ min: 0n, max: 100n }),
});
const command = fc.oneof(
  { weight: 5, arbitrary: hold },
  { weight: 5, arbitrary: capture },
  { weight: 3, arbitrary: release },
  { weight: 4, arbitrary: refund },
  { weight: 3, arbitrary: deposit },
  { weight: 3, arbitrary: payout },
  { weight: 2, arbitrary: status },
  { weight: 1, arbitrary: credit },
);

let runs = 0;
async function openReal(): Promise<RealLedger> {
  runs += 1;
  const real = new RealLedger(database.orm, `-${runs}`);
  for (const [name, { balance, creditLimit, feeBasisPoints }] of START) {
    if (name === 'fees') continue;
    const kind = name === 'mill' || name === 'forge' ? 'seller' : 'buyer';
    await openFunded(database.orm, real.accountId(name), { kind, fundsMinor: balance, creditLimitMinor: creditLimit });
    if (kind === 'seller')
      await database.orm.em
        .fork()
        .execute('update sellers set fee_basis_points = ? where id = ?', [feeBasisPoints, real.accountId(name)]);
  }
  return real;
}

/** Balance and held sum by account, as the real ledger has them. */
async function realSums(real: RealLedger): Promise<Record<string, [bigint, bigint]>> {
  const sums: Record<string, [bigint, bigint]> = {};
  for (const name of [...BUYERS, ...SELLERS]) {
    const view = await readAccount(database.orm, real.accountId(name));
    sums[name] = [BigInt(view?.balance.amount ?? NaN), BigInt(view?.held.amount ?? NaN)];
  }
  return sums;
}

function modelSums(model: Model): Record<string, [bigint, bigint]> {
  const named = [...model.accounts].filter(([name]) => name !== 'fees');
  return Object.fromEntries(named.map(([name, { balance, held }]) => [name, [balance, held]]));
}

async function feesTaken(): Promise<bigint> {
  const [row] = await database.orm.em
    .fork()
    .execute<{ taken: string }[]>(
      "select coalesce(sum(amount), 0) as taken from entries where account_id = 'office:fees:EUR'",
    );
  return BigInt(row?.taken ?? 0);
}

describe('one command after the other', () => {
  test('the ledger answers and counts as the model does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 40 }), async (commands) => {
        const real = await openReal();
        const model = emptyModel(START);
        const feesBefore = await feesTaken();
        for (const step of commands) {
          expect({ step, answer: await real.run(step) }).toEqual({ step, answer: apply(model, step) });
          for (const [name, of] of model.accounts)
            expect({ name, over: available(of) < 0n }).toEqual({ name, over: false });
        }
        expect(await realSums(real)).toEqual(modelSums(model));
        expect((await feesTaken()) - feesBefore).toBe(model.accounts.get('fees')?.balance);
      }),
      { numRuns: 15, interruptAfterTimeLimit: 120_000, markInterruptAsFailure: false },
    );
    expect(await reconcileBooks(database.orm)).toEqual([]);
  });
});

describe('all commands at the same moment', () => {
  const racing = fc.oneof(
    { weight: 5, arbitrary: hold },
    { weight: 4, arbitrary: capture },
    { weight: 3, arbitrary: release },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('refund'), order, amount, key }) },
    { weight: 2, arbitrary: deposit },
    { weight: 2, arbitrary: payout },
  );

  test('what was done adds up, no limit was passed at any entry, and nobody waited for another in a circle', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(hold, { maxLength: 4 }),
        fc.array(racing, { minLength: 8, maxLength: 24 }),
        async (first, commands) => {
          const real = await openReal();
          const answers: Answer[] = [];
          for (const step of first) answers.push(await real.run(step));
          answers.push(...(await Promise.all(commands.map((step) => real.run(step)))));
          const done = [...first, ...commands].filter((_, index) => answers[index] === 'done');
          expect(await realSums(real)).toEqual(modelSums(withoutLimits(done)));
          expect(await entriesOverLimit(real)).toEqual([]);
        },
      ),
      { numRuns: 15, interruptAfterTimeLimit: 120_000, markInterruptAsFailure: false },
    );
    expect(await reconcileBooks(database.orm)).toEqual([]);
  });

  const RANK: Record<Command['kind'], number> = {
    status: 0,
    credit: 0,
    deposit: 1,
    hold: 2,
    capture: 3,
    void: 3,
    expire: 3,
    refund: 4,
    payout: 5,
  };

  /** The sums of commands that were all done: they do not depend on the order, so a model whom no limit stops tells them. */
  function withoutLimits(done: readonly Command[]): Model {
    const model = emptyModel(START);
    // A payout takes no credit line, so there is money enough for any order of them.
    for (const of of model.accounts.values()) of.balance += 1_000_000n;
    for (const step of done.toSorted((one, other) => RANK[one.kind] - RANK[other.kind])) {
      expect({ step, answer: apply(model, step) }).toEqual({ step, answer: 'done' });
    }
    for (const of of model.accounts.values()) of.balance -= 1_000_000n;
    return model;
  }

  function entriesOverLimit(real: RealLedger) {
    return database.orm.em.fork().execute(
      `select e.* from entries e join accounts a on a.id = e.account_id
       where a.id = any(?::text[]) and e.balance_after + a.credit_limit - e.held_after < 0`,
      [`{${[...START.keys()].map((name) => real.accountId(name)).join(',')}}`],
    );
  }

  test('sixty clients overspend one account, and the limit stands to the last minor unit', async () => {
    await openFunded(database.orm, 'spendthrift', { fundsMinor: 1_000n, creditLimitMinor: 550n });
    await openFunded(database.orm, 'temptation', { kind: 'seller' });
    const temptation = { buyerId: 'spendthrift', sellerId: 'temptation', amountMinor: 100n };
    const clients: Orm[] = [];
    for (let count = 0; count < 60; count += 1) {
      const client = await connectOrm({ url: database.serviceUrl, poolMax: 1 });
      await client.em.fork().execute('select 1');
      clients.push(client);
    }
    const outcomes = await Promise.allSettled(clients.map((client) => issue(client, temptation)));
    await Promise.all(clients.map((client) => client.close()));
    const refusals = outcomes
      .filter((outcome) => outcome.status === 'rejected')
      .map((outcome) => String(outcome.reason));
    expect(outcomes.length - refusals.length).toBe(15);
    expect(new Set(refusals)).toEqual(new Set(['LedgerRefusal: account spendthrift lacks funds']));
    expect(await readAccount(database.orm, 'spendthrift')).toMatchObject({
      held: { amount: 1_500 },
      available: { amount: 50 },
    });
  });
});
