import { Client } from 'pg';
import { listEntries } from '../../office/ledger/entries.ts';
import { readMoneyTrace } from '../../office/ledger/money-trace.ts';
import { listOrders } from '../../office/orders/reading.ts';
import { readTimeline } from '../../office/orders/timeline.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { completed, openFunded, registerDistributor } from '../support/ledger-book.ts';
import { watchStatements, type Sent } from './statement-counter.ts';

let database: TestDatabase;
let owner: Client;
let sent: Sent[] = [];
beforeAll(async () => {
  database = await testDatabase();
  owner = new Client({ connectionString: database.url });
  await owner.connect();
  await openFunded(database.orm, 'buyer-one', { fundsMinor: 1_000_000n });
  await openFunded(database.orm, 'seller-one', { kind: 'seller' });
  await registerDistributor(database.orm);
  await watchStatements(database.orm, (statement) => sent.push(statement));
});
afterAll(async () => {
  await owner.end();
  await database.close();
});

const em = () => database.orm.em.fork();
const buyer = { role: 'buyer', partyId: 'buyer-one' } as const;
const seller = { role: 'seller', partyId: 'seller-one' } as const;
const PAGES: Record<string, (orderId: string) => Promise<unknown>> = {
  'orders of a buyer': () => listOrders(em(), { scope: buyer, limit: 100 }),
  'orders of a seller at one stage': () => listOrders(em(), { scope: seller, stage: 'completed', limit: 100 }),
  'orders of all at one stage': () => listOrders(em(), { scope: { role: 'operator' }, stage: 'expired', limit: 100 }),
  'orders of all': () => listOrders(em(), { scope: { role: 'operator' }, limit: 100 }),
  'timeline of an order': (orderId) => readTimeline(em(), orderId),
  'money of an order': (orderId) => readMoneyTrace(database.orm, orderId),
  'entries of an account': () => listEntries(database.orm, 'seller-one', { limit: 100 }),
};

/** The statements that a page asks for. */
async function statementsOf(read: () => Promise<unknown>): Promise<Sent[]> {
  sent = [];
  await read();
  return sent;
}

test('a page asks for as many statements with many rows as with one', async () => {
  const first = await newOrder();
  const withOne = await countEach(first);
  for (let count = 0; count < 4; count += 1) await newOrder();
  expect(await countEach(first)).toEqual(withOne);
  expect(Math.min(...Object.values(withOne))).toBeGreaterThanOrEqual(1);
});

test.each(Object.keys(PAGES))('%s: every table is reached through an index', async (page) => {
  const orderId = await newOrder();
  const statements = await statementsOf(() => PAGES[page]?.(orderId) ?? Promise.reject(new Error(page)));
  // With a handful of rows PostgreSQL would rather read the whole table, were there an index or not.
  await owner.query('set enable_seqscan = off');
  for (const { text, values } of statements) {
    const { rows } = await owner.query<{ 'QUERY PLAN': string }>(`explain ${text}`, [...values]);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('Index');
    expect(plan).not.toContain('Seq Scan');
  }
});

function newOrder(): Promise<string> {
  return completed(database.orm, { buyerId: 'buyer-one', sellerId: 'seller-one', amountMinor: 100n });
}

async function countEach(orderId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [page, read] of Object.entries(PAGES)) counts[page] = (await statementsOf(() => read(orderId))).length;
  return counts;
}
