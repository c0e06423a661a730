import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectOrm } from '../../platform/orm.ts';
import { archiveBefore } from '../../office/archive/index.ts';
import { seedFinishedOrders, TIMELINE } from '../growth/finished-orders.ts';
import type { Books } from '../growth/pages.ts';
import { circumstances, writeResults } from '../report/results.ts';
import { quantilesOf } from '../report/statistics.ts';
import { asOwner, startDatabase } from '../testbed/database.ts';
import { DISTRIBUTOR, registerCrowd } from '../testbed/parties.ts';
import { archiveTables } from './report.ts';
import type { ArchiveRun, Moment } from './run.ts';
import { measureReader, measureReads } from './reads.ts';
import { sizesOf } from './sizes.ts';

export interface ArchiveOptions {
  /** Rows of `order_events`. */
  readonly rows: number;
  /** What ended longer ago is archived. */
  readonly days: number;
  readonly name: string;
}

const CROWD = { buyers: 64, sellers: 50 };
const DAY_MS = 86_400_000;

/** Measures reads, writes and sizes with so many events, archives what ended long ago meanwhile, and measures again. */
export async function archive(options: ArchiveOptions): Promise<void> {
  const about = circumstances();
  const run = await onDatabase((books) => measureArchive(books, options));
  const file = writeResults(options.name, { ...about, options, ...run });
  console.log(`${archiveTables(run)}\n\n${JSON.stringify(about)}\n${file}`);
}

/** A database of its own, which is removed at the end, also after Ctrl-C. */
async function onDatabase<Result>(work: (books: Books) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-archive-'));
  chmodSync(folder, 0o755);
  const postgres = await startDatabase(join(folder, 'postgres'));
  const orm = await connectOrm({ url: postgres.serviceUrl, poolMax: 3, applicationName: 'countersign-bench' });
  const close = async (): Promise<void> => {
    await orm.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void close().then(() => process.exit(1)));
  try {
    await registerCrowd(orm, CROWD);
    return await work({ orm, postgres, crowd: CROWD });
  } finally {
    await close();
  }
}

async function measureArchive(books: Books, { rows, days }: ArchiveOptions): Promise<ArchiveRun> {
  const seeded = await seed(books, rows);
  console.error(`${seeded.events} events of ${seeded.orders} orders, ${seeded.seconds.toFixed(0)} s`);
  const before = await look(books);
  console.error('measured with all of it live');
  const [moved, during] = await Promise.all([move(books, new Date(Date.now() - days * DAY_MS)), measureReads(books)]);
  console.error(`archived ${moved.events} events, ${moved.seconds.toFixed(0)} s`);
  await asOwner(books.postgres.url, (client) => client.query('vacuum analyze orders, entries, order_events'));
  const after = await look(books);
  await asOwner(books.postgres.url, async (client) => {
    for (const table of ['order_events', 'entries']) await client.query(`vacuum full analyze ${table}`);
  });
  return {
    seeded,
    before,
    moved,
    during,
    after,
    rewritten: await sizesOf(books.postgres.url),
    detached: await detach(books),
    readerPerSecond: await measureReader(books),
  };
}

/** Orders on their way, to write of. */
const OPEN_ORDERS = `
  insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, deliver_to_sealed, settle_on)
  select 'order-open-' || lpad(n::text, 21, '0'), 'bench-buyer-0', 'bench-seller-0', '${DISTRIBUTOR}', 'requested', 'digest', '[]', 'sealed', 'delivery'
  from generate_series(1, 100) n`;

async function seed(books: Books, rows: number): Promise<ArchiveRun['seeded']> {
  const orders = Math.ceil(rows / TIMELINE.length);
  const begun = performance.now();
  await seedFinishedOrders(books.postgres.url, books.crowd, { from: 0, count: orders });
  await asOwner(books.postgres.url, (client) => client.query(OPEN_ORDERS));
  return { orders, events: orders * TIMELINE.length, seconds: (performance.now() - begun) / 1000 };
}

async function look(books: Books): Promise<Moment> {
  return { reads: await measureReads(books), sizes: await sizesOf(books.postgres.url) };
}

async function move({ orm }: Books, before: Date): Promise<ArchiveRun['moved']> {
  const sum = { orders: 0, events: 0, entries: 0 };
  const batches: number[] = [];
  const begun = performance.now();
  let last = begun;
  for await (const { orders, events, entries } of archiveBefore(orm, before)) {
    sum.orders += orders;
    sum.events += events;
    sum.entries += entries;
    batches.push(performance.now() - last);
    last = performance.now();
  }
  return { ...sum, seconds: (last - begun) / 1000, batch: quantilesOf(batches) };
}

/** The oldest month of events. */
function detach({ postgres }: Books): Promise<ArchiveRun['detached']> {
  return asOwner(postgres.url, async (client) => {
    const { rows } = await client.query<{ table: string }>(
      `select inhrelid::regclass::text as table from pg_inherits where inhparent = 'order_events'::regclass order by 1 limit 1`,
    );
    const table = rows[0]?.table ?? '';
    const begun = performance.now();
    await client.query(`alter table ${table} no inherit order_events`);
    const detached = performance.now();
    await client.query(`drop table ${table}`);
    return { table, detachMs: detached - begun, dropMs: performance.now() - detached };
  });
}
