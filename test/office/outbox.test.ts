import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Client } from 'pg';
import { createWatermark } from '../../office/outbox/watermark.ts';
import { connectOrm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { EventWriter, OutboxTail, plainOrders, withWriters } from '../support/outbox-writers.ts';

let database: TestDatabase;
let runs = 0;
beforeAll(async () => {
  database = await testDatabase();
  await plainOrders(database, ['one', 'two']);
});
afterAll(() => database.close());

const newest = async () => (await createWatermark(database.orm).read()).newest;
const names = (count: number) => Array.from({ length: count }, (_, index) => `run-${(runs += 1)}-writer-${index}`);
const ascending = (ids: readonly string[]) => ids.toSorted((one, other) => (BigInt(one) < BigInt(other) ? -1 : 1));

const WRITERS = 4;
const command = fc.oneof(
  { weight: 3, arbitrary: fc.constant('write' as const) },
  { weight: 2, arbitrary: fc.constantFrom('begin' as const, 'commit' as const) },
  { weight: 1, arbitrary: fc.constantFrom('rollback' as const, 'in vain' as const) },
);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ writer: fc.nat(WRITERS - 1), order: fc.constantFrom('one', 'two'), command }) },
  { weight: 1, arbitrary: fc.constant('read' as const) },
);

async function act(writer: EventWriter, what: 'write' | 'begin' | 'commit' | 'rollback' | 'in vain', order: string) {
  if (what === 'begin') return writer.begin();
  if (what === 'write') return writer.write(order);
  return what === 'in vain' ? writer.writeInVain(order) : writer.end(what);
}

describe('a reader of the outbox', () => {
  test('sees each committed event once and in order, however transactions overlap', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const tail = new OutboxTail(database.orm, await newest());
        await withWriters(database.url, names(WRITERS), async (writers) => {
          for (const next of steps) {
            if (next === 'read') await tail.read();
            else await act(writers[next.writer]!, next.command, next.order);
          }
          for (const writer of writers) await writer.end('commit');
          await tail.read();
          expect(tail.seen).toEqual(ascending(writers.flatMap(({ committed }) => committed)));
        });
      }),
      { numRuns: 40 },
    );
  });

  test('the same under writers and readers that truly run at once', async () => {
    const from = await newest();
    const tails = Array.from({ length: 3 }, () => new OutboxTail(database.orm, from));
    await withWriters(database.url, names(8), async (writers) => {
      const writing = new AbortController();
      const reading = tails.map(async (tail) => {
        while (!writing.signal.aborted) await tail.read(50);
        // The first of these looks may still wait for a bound of before.
        for (let looks = 0; looks < 2; looks += 1) await tail.read(50);
      });
      await Promise.all(writers.map((writer, index) => writeMuch(writer, index)));
      writing.abort();
      await Promise.all(reading);
      const written = ascending(writers.flatMap(({ committed }) => committed));
      expect(written.length).toBeGreaterThan(100);
      for (const { seen } of tails) expect(seen).toEqual(written);
    });
  });

  test('waits for no transaction that began after its bound: with constant traffic it goes on', async () => {
    const tail = new OutboxTail(database.orm, await newest());
    await withWriters(database.url, names(3), async ([one, two, three]) => {
      await one!.begin();
      await one!.write('one');
      await two!.write('two');
      await tail.read();
      expect(tail.seen).toEqual([]);
      await three!.begin();
      await three!.write('two');
      await one!.end('commit');
      await tail.read();
      expect(tail.seen).toEqual([...one!.committed, ...two!.committed]);
      await three!.end('commit');
    });
  });

  test('does not wait for a transaction that writes no events, here or in another database', async () => {
    const elsewhere = await testDatabase();
    await plainOrders(elsewhere, ['one']);
    const tail = new OutboxTail(database.orm, await newest());
    const idle = new Client(database.url);
    await idle.connect();
    await idle.query(`begin; update orders set updated_at = now() where id = 'one'; select pg_current_xact_id()`);
    await withWriters(elsewhere.url, names(1), async ([other]) => {
      await other!.begin();
      await other!.write('one');
      await withWriters(database.url, names(1), async ([writer]) => {
        await writer!.write('two');
        await tail.read();
        expect(tail.seen).toEqual(writer!.committed);
        expect(tail.watermark.waitingSince).toBeUndefined();
      });
    });
    await idle.end();
    await elsewhere.close();
  });

  test("says since when a committed event waits, and is free when the open transaction's session is gone", async () => {
    const tail = new OutboxTail(database.orm, await newest());
    await tail.read();
    const slow = new EventWriter(database.url, names(1)[0]!);
    await slow.client.connect();
    slow.client.on('error', () => undefined);
    await slow.begin();
    await slow.write('one');
    await tail.read();
    // Nothing that is committed waits yet.
    expect(tail.watermark.waitingSince).toBeUndefined();
    await withWriters(database.url, names(1), async ([writer]) => {
      await writer!.write('two');
      await tail.read();
      expect(tail.watermark.waitingSince).toBeInstanceOf(Date);
      await writer!.client.query(
        `select pg_terminate_backend(pid, 150000) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
      );
      await tail.read();
      expect(tail.seen).toEqual(writer!.committed);
      expect(tail.watermark.waitingSince).toBeUndefined();
    });
  });
});

test("whoever writes events cannot leave the writers' lock out, and ids are given out one by one", async () => {
  const owner = await connectOrm({ url: database.url, poolMax: 1 });
  const [sequence] = await owner.em.fork().execute<{ cache: string; triggers: number }[]>(
    `select (select cache_size from pg_sequences where sequencename = 'order_events_id_seq')::text as cache,
       (select count(*) from pg_trigger where tgrelid = 'order_events'::regclass and tgname = 'order_events_writer_known' and tgenabled = 'O')::int as triggers`,
  );
  expect(sequence).toEqual({ cache: '1', triggers: 1 });
  await owner.close();
});

/** Overlapping transactions of several events, some given up. */
async function writeMuch(writer: EventWriter, seed: number): Promise<void> {
  for (let round = 0; round < 25; round += 1) {
    await writer.begin();
    for (let count = 0; count <= (seed + round) % 3; count += 1) await writer.write(round % 2 ? 'one' : 'two');
    if ((seed * 7 + round) % 4 === 0) await sleep((seed + round) % 5);
    await writer.end((seed + round) % 6 === 0 ? 'rollback' : 'commit');
  }
}
