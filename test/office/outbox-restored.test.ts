import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createWatermark } from '../../office/outbox/watermark.ts';
import { placeOfEvent, recognisePlace } from '../../office/outbox/places.ts';
import { reconcileBooks } from '../../office/reconciliation/books.ts';
import { queueDeliveries } from '../../office/webhooks/enqueue.ts';
import { createLogger } from '../../platform/logger.ts';
import { connectOrm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { plainOrders } from '../support/outbox-writers.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
let database: TestDatabase;
let owner: Client;
beforeEach(async () => {
  database = await testDatabase();
  owner = new Client(database.url);
  await owner.connect();
  await plainOrders(database, ['one']);
});
afterEach(async () => {
  await owner.end();
  await database.close();
});

/** Writes events as they are; as a restore does, with ids and transactions of another time where they are given. */
async function write(count: number, given: { from?: number; transaction?: bigint } = {}): Promise<string[]> {
  const { rows } = await owner.query<{ id: string }>(
    `insert into order_events (id, order_id, key, type, actor, body, transaction_id)
     select coalesce($2::bigint + n - 1, nextval('order_events_id_seq')), 'one', gen_random_uuid()::text, 'order_requested', 'service', '{}',
       coalesce($3::text::xid8, pg_current_xact_id())
     from generate_series(1, $1::int) as n returning id`,
    [count, given.from ?? null, given.transaction?.toString() ?? null],
  );
  return rows.map(({ id }) => id);
}

async function webhook(createdAt = 'now()'): Promise<void> {
  await owner.query(
    `insert into webhooks (id, party_id, role, url, secret_sealed, created_at)
     values ('hook', 'ada', 'buyer', 'https://ada.example', 's', ${createdAt})`,
  );
}

async function queue(): Promise<string[]> {
  const watermark = createWatermark(database.orm);
  while (await queueDeliveries(database.orm, watermark, logger));
  const { rows } = await owner.query<{ id: string }>('select event_id as id from webhook_deliveries order by id');
  return rows.map(({ id }) => id);
}

const kinds = async () => (await reconcileBooks(database.orm)).map(({ kind }) => kind).filter((k) => /outbox/.test(k));

describe('the reader for webhooks', () => {
  test('reads page by page, each event once', async () => {
    await webhook();
    const first = await write(1_100);
    expect(await queue()).toEqual(first);
    const second = await write(3);
    expect(await queue()).toEqual([...first, ...second]);
  });

  test('with a place ahead of the outbox is found by reconciliation and goes on after what it had queued', async () => {
    await webhook();
    const queued = await write(3);
    await queue();
    await owner.query(`update outbox_readers set place = 999999999 where name = 'webhooks'`);
    const missed = await write(2);
    expect(await kinds()).toEqual(['outbox-reader-ahead']);
    expect(await queue()).toEqual([...queued, ...missed]);
    expect(await kinds()).toEqual([]);
  });

  test('with such a place and nothing queued yet goes on from the time of the first webhook', async () => {
    await write(5);
    await owner.query(`update outbox_readers set place = 999999999 where name = 'webhooks'`);
    await webhook('clock_timestamp()');
    const missed = await write(2);
    expect(await queue()).toEqual(missed);
  });

  test('that is not on record is found by reconciliation, and its advice helps', async () => {
    await owner.query(`delete from outbox_readers`);
    const [drift] = await reconcileBooks(database.orm);
    expect(drift?.kind).toBe('outbox-reader-missing');
    await webhook('clock_timestamp()');
    const events = await write(2);
    await owner.query(/insert into .*\)/.exec(drift?.whatToDo ?? '')?.[0] ?? '');
    expect(await queue()).toEqual(events);
    expect(await kinds()).toEqual([]);
  });
});

describe('a place that a client remembers', () => {
  const em = () => database.orm.em.fork();

  test('is recognised by what its event says, and not in another history', async () => {
    const [first, second] = await write(2);
    const place = await placeOfEvent(em(), BigInt(first!));
    expect(await recognisePlace(em(), place)).toBe(BigInt(first!));
    expect(await recognisePlace(em(), { ...place, mark: '00000000' })).toBeUndefined();
    expect(await recognisePlace(em(), { ...place, id: BigInt(second!) + 100n })).toBeUndefined();
  });

  test('in the former form is recognised after a restore, too, and one from after the dump is not', async () => {
    // As restored: the transactions lie in the future of this cluster.
    await write(3, { from: 101, transaction: 9_000_000_000n });
    await owner.query(`select setval('order_events_id_seq', 103)`);
    await write(3);
    expect(await recognisePlace(em(), { id: 103n, transaction: 9_000_000_000n })).toBe(103n);
    expect(await recognisePlace(em(), { id: 105n, transaction: 9_000_000_001n })).toBeUndefined();
    expect(await recognisePlace(em(), { id: 900n, transaction: 9_000_000_009n })).toBeUndefined();
    expect(await recognisePlace(em(), { id: 0n, transaction: 7n })).toBe(0n);
  });

  test('in the former form goes back before whatever stood behind it in the former order', async () => {
    await write(1, { from: 11, transaction: 500n });
    await write(1, { from: 12, transaction: 502n });
    await write(1, { from: 13, transaction: 501n });
    expect(await recognisePlace(em(), { id: 13n, transaction: 501n })).toBe(11n);
    expect(await recognisePlace(em(), { id: 12n, transaction: 502n })).toBe(12n);
  });
});

describe('the migration to the new order', () => {
  /** The state of before it. */
  async function before(): Promise<void> {
    await owner.query(`
      drop trigger order_events_writer_known on order_events; drop function hold_outbox_writer_lock; drop function webhooks_place_anew;
      alter table outbox_readers drop column place; delete from schema_migrations where name = '0011-outbox-order'`);
  }
  async function migrateAgain(): Promise<void> {
    const orm = await connectOrm({ url: database.url, poolMax: 1, logger: () => {} });
    await orm.migrator.up({ to: '0011-outbox-order' });
    await orm.close();
  }
  const readTo = (transaction: string, id: string) =>
    owner.query(`update outbox_readers set transaction_id = $1::xid8, event_id = $2`, [transaction, id]);
  const placeOf = async (id: string) =>
    (await owner.query<{ tx: string }>('select transaction_id as tx from order_events where id = $1', [id])).rows[0]!
      .tx;

  test('goes on where the reader was: nothing is lost, nothing is repeated', async () => {
    await before();
    await webhook();
    const [seen, ...unseen] = [...(await write(1)), ...(await write(2))];
    await readTo(await placeOf(seen!), seen!);
    await migrateAgain();
    expect(await queue()).toEqual(unseen);
  });

  test('begins at the place that a fresh installation has', async () => {
    await before();
    await write(3);
    // Behind all that was written. The snapshot's own xmin would say the same, but for transactions of other databases beside.
    await owner.query('update outbox_readers set transaction_id = pg_current_xact_id(), event_id = 0');
    await migrateAgain();
    await webhook();
    expect(await queue()).toEqual([]);
    expect(await queue()).toEqual(await write(0));
    const events = await write(2);
    expect(await queue()).toEqual(events);
  });

  test('of a database that was restored from another cluster finds what the former reader never saw', async () => {
    await before();
    await webhook(`'2020-01-01'`);
    const dumped = await write(3, { from: 1, transaction: 9_000_000_000n });
    await owner.query(`select setval('order_events_id_seq', 3)`);
    await owner.query(
      `insert into webhook_deliveries (webhook_id, event_id, order_id) select 'hook', id, order_id from order_events`,
    );
    await readTo('9000000000', '3');
    const unseen = await write(2);
    await migrateAgain();
    expect(await queue()).toEqual([...dumped, ...unseen]);
  });
});
