import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { openTally, readStanding } from '../../office/statistics/index.ts';
import { connectOrm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { issue, moveCheck, newOrderId, openFunded, registerDistributor } from '../support/ledger-book.ts';

/* The figures that alerts rest on. */

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
  await openFunded(database.orm, 'buyer', { fundsMinor: 10_000n });
  await openFunded(database.orm, 'shop', { kind: 'seller' });
});
afterAll(() => database.close());

/** As the owner, past the rules: time passes for nobody else. */
async function asOwner(...statements: [string, unknown[]][]): Promise<void> {
  const owner = new Client({ connectionString: database.url });
  await owner.connect();
  await owner.query('alter table echecks disable trigger user');
  for (const [statement, values] of statements) await owner.query(statement, values);
  await owner.query('alter table echecks enable trigger user');
  await owner.end();
}

const em = () => database.orm.em.fork();
const sql = (statement: string, values: readonly unknown[] = []) => em().execute(statement, values);
const order = { buyerId: 'buyer', sellerId: 'shop', amountMinor: 1_000n };

test('empty books owe nothing, and no figure is missing', async () => {
  const { held, ...standing } = await readStanding(em());
  expect(standing).toMatchObject({
    open: [],
    attention: [],
    messages: { waiting: 0, oldestSeconds: 0 },
    checks: { overdue: 0, expiringWithinDay: 0 },
    keys: { apiKeysExpiring: 0 },
  });
  expect(held.every(({ minor, overdueMinor }) => minor === 0 && overdueMinor === 0)).toBe(true);
});

test('money that is held, and what of it is held for checks that ran out; an accepted one is promised, and never does', async () => {
  const [overdue, accepted, today] = [
    await issue(database.orm, order),
    await issue(database.orm, order),
    await issue(database.orm, order),
  ];
  await moveCheck(em(), accepted, 'presented', 'accepted');
  const runsOut = (id: string, when: string): [string, unknown[]] => [
    'update echecks set expires_at = now() + $1::interval where order_id = $2',
    [when, id],
  ];
  await asOwner(runsOut(overdue, '-1 minute'), runsOut(accepted, '-1 minute'), runsOut(today, '3 hours'));
  const { held, checks, open } = await readStanding(em());
  expect(held.filter(({ minor }) => minor > 0)).toEqual([{ currency: 'EUR', minor: 3_000, overdueMinor: 1_000 }]);
  expect(checks).toEqual({ overdue: 1, expiringWithinDay: 1 });
  expect(open.reduce((sum, { orders }) => sum + orders, 0)).toBe(3);
});

test('messages that are still sent wait; receipted ones, and those that nobody sends any more, do not', async () => {
  const id = await issue(database.orm, order);
  const message = (kind: string, sent: string, tried: string): [string, unknown[]] => [
    `insert into party_messages (id, order_id, kind, sender, recipient, message_sealed, digest, kid, sent_at, attempts, last_attempt_at)
     values ($1, $2, $3, 'check-office', 'shop', 'sealed', 'digest', 'key', now() - $4::interval, 1, now() - $5::interval)`,
    [`${id}:${kind}`, id, kind, sent, tried],
  ];
  await asOwner(message('presentation', '10 minutes', '10 seconds'), message('completed', '3 days', '2 days'));
  const { messages } = await readStanding(em());
  expect(messages.waiting).toBe(1);
  expect(messages.oldestSeconds).toBeGreaterThanOrEqual(600);
});

test('a tally counts each beginning and each end once, a minute late, and catches up', async () => {
  let now = new Date('2026-03-02T12:00:00Z');
  const count = openTally(() => now);
  const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000).toISOString();
  const record = async (begun: string, ended?: { readonly type: string; readonly at: string }) => {
    const id = newOrderId();
    await sql(
      `insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, deliver_to_sealed, settle_on, created_at)
       values (?, 'buyer', 'shop', 'van', 'requested', 'digest', '[]', 'sealed', 'delivery', ?)`,
      [id, begun],
    );
    if (ended)
      await sql(
        `insert into order_events (order_id, key, type, actor, body, occurred_at) values (?, 'order_ended', ?, 'service', '{}', ?)`,
        [id, ended.type, ended.at],
      );
  };
  await record(later(-90));
  await record(later(1), { type: 'order_declined', at: later(2) });
  await record(later(3), { type: 'order_completed', at: later(50) });
  expect(await count(em())).toMatchObject({ begun: 0 });
  now = new Date(later(65));
  expect(await count(em())).toMatchObject({ begun: 2, ended: { declined: 1, completed: 0, cancelled: 0 } });
  expect(await count(em())).toMatchObject({ begun: 2, ended: { declined: 1, completed: 0 } });
  now = new Date(later(600));
  const elsewhere = await connectOrm({ url: 'postgres://nobody@127.0.0.1:1/nothing' });
  await expect(count(elsewhere.em.fork())).rejects.toThrow(/ECONNREFUSED/);
  await elsewhere.close();
  const both = await Promise.all([count(em()), count(em())]);
  expect(both.map(({ begun, ended }) => [begun, ended['completed']])).toEqual([
    [2, 1],
    [2, 1],
  ]);
});
