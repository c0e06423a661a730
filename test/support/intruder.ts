import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { Client } from 'pg';
import type { OrderId } from '../../domain/ids.ts';
import { testDatabase } from './database.ts';
import { completed, issue, moveCheck, openFunded, registerDistributor } from './ledger-book.ts';

/** Orders with a check in several stages of its life, all of `ada` with `shop` except `other`, which is `bob`'s. */
export type AttackedOrders = Record<'issued' | 'accepted' | 'completed' | 'other', OrderId>;

/** A database with a book worth attacking, and two who write SQL by hand. */
export interface AttackedBook {
  /** Has the application's rights and no others: a login of its own in the application's role. */
  readonly intruder: Client;
  /** Owns the tables. */
  readonly owner: Client;
  readonly orders: AttackedOrders;
  /** Runs the SQL as one transaction; says why it was refused, or `accepted`. */
  outcomeOf(client: Client, sql: string): Promise<string>;
  /** Expects the refusal, and that accounts, transfers, entries, checks and orders are what they were. */
  expectRefused(client: Client, sql: string, why: RegExp): Promise<void>;
  close(): Promise<void>;
}

export async function attackedBook(): Promise<AttackedBook> {
  const database = await testDatabase();
  const orders = await writeBook(database.orm);
  const owner = await connected(database.url);
  const role = `intruder_${randomBytes(4).toString('hex')}`;
  await owner.query(`create role ${role} login password 'guessed' in role countersign_app`);
  const url = new URL(database.url);
  [url.username, url.password] = [role, 'guessed'];
  const intruder = await connected(url.href);
  return {
    intruder,
    owner,
    orders,
    outcomeOf,
    expectRefused: (client, sql, why) => expectRefused({ client, owner }, sql, why),
    async close() {
      await intruder.end();
      await owner.query(`drop role ${role}`);
      await owner.end();
      await database.close();
    },
  };
}

async function writeBook(orm: Awaited<ReturnType<typeof testDatabase>>['orm']): Promise<AttackedOrders> {
  await registerDistributor(orm);
  await openFunded(orm, 'ada', { fundsMinor: 10_000n, creditLimitMinor: 500n });
  await openFunded(orm, 'bob', { fundsMinor: 100n });
  await openFunded(orm, 'yen', { fundsMinor: 10_000n, currency: 'JPY' });
  await openFunded(orm, 'frozen', { fundsMinor: 10_000n });
  await openFunded(orm, 'debtor', { creditLimitMinor: 100n });
  await openFunded(orm, 'shop', { kind: 'seller', fundsMinor: 50n });
  await openFunded(orm, 'shut', { kind: 'seller' });
  const em = orm.em.fork();
  await em.execute("update accounts set status = 'frozen' where id = 'frozen'");
  await em.execute("update sellers set status = 'suspended' where id = 'shut'");
  const order = { buyerId: 'ada', sellerId: 'shop', amountMinor: 1_000n };
  await issue(orm, { buyerId: 'debtor', sellerId: 'shop', amountMinor: 60n });
  const orders = {
    issued: await issue(orm, order),
    accepted: await issue(orm, order),
    completed: await completed(orm, order),
    other: await completed(orm, { ...order, buyerId: 'bob', amountMinor: 60n }),
  };
  await moveCheck(em, orders.accepted, 'presented', 'accepted');
  return orders;
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  return client;
}

async function outcomeOf(client: Client, sql: string): Promise<string> {
  try {
    await client.query(`begin; ${sql}; commit`);
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.query('rollback');
    await client.query('reset all');
  }
}

async function expectRefused(who: { client: Client; owner: Client }, sql: string, why: RegExp): Promise<void> {
  const before = await books(who.owner);
  expect(await outcomeOf(who.client, sql)).toMatch(why);
  expect(await books(who.owner)).toBe(before);
}

/** Everything that money and checks are kept in, as one text. */
async function books(owner: Client): Promise<string> {
  const tables = ['accounts', 'transfers', 'entries', 'late_entries', 'echecks', 'orders', 'order_events'];
  const texts = [];
  for (const table of tables) {
    const { rows } = await owner.query(`select to_jsonb(t)::text as row from ${table} t order by 1`);
    texts.push(JSON.stringify(rows));
  }
  return texts.join('\n');
}
