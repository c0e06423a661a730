import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { silentProxy, type SilentProxy } from '../support/silent-proxy.ts';

let database: TestDatabase;
let proxy: SilentProxy;
let orm: Orm;
beforeAll(async () => {
  database = await testDatabase();
  proxy = await silentProxy(database.serviceUrl);
  orm = await connectOrm({ url: proxy.url, purpose: 'steps', poolMax: 3 });
});
afterAll(async () => {
  await orm.close();
  await proxy.close();
  await database.close();
});

const ask = (sql = 'select 1 as one'): Promise<unknown> => orm.em.fork().execute(sql);

async function open(connections: number): Promise<void> {
  await Promise.all(Array.from({ length: connections }, () => ask('select pg_sleep(0.2)')));
}

test('a connection that fell silent is given up, and the idle ones with it: the next question is answered', async () => {
  await open(3);
  proxy.silence();
  const before = proxy.taken;
  await expect(ask()).rejects.toThrow(/the database has sent nothing for 12000 ms/);
  expect(await ask()).toEqual([{ one: 1 }]);
  expect(proxy.taken).toBe(before + 1);
});

test('a transaction on a connection that fell silent fails once, and does not wait again for its rollback', async () => {
  await open(1);
  let statements = 0;
  const whole = orm.em.fork().transactional(async (tx) => {
    await tx.execute('select 1');
    statements += 1;
    proxy.silence();
    await tx.execute('select 2');
    statements += 1;
  });
  await expect(whole).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  expect(statements).toBe(1);
  expect(await ask()).toEqual([{ one: 1 }]);
});

test('transactions that lose their connection give their places in the pool back, all of them', async () => {
  await open(3);
  const broken = Array.from({ length: 3 }, () =>
    orm.em.fork().transactional(async (tx) => {
      await tx.execute('select pg_terminate_backend(pg_backend_pid())');
    }),
  );
  for (const outcome of await Promise.allSettled(broken)) expect(outcome.status).toBe('rejected');
  await open(3);
  expect(await ask()).toEqual([{ one: 1 }]);
});

test('a server that fails over resets every connection: new ones take their place', async () => {
  await open(3);
  proxy.cut();
  // The pool hears of it with the next turn of the loop; whoever asks in that moment is told that the database is away.
  await ask().catch((error: unknown) => expect(String(error)).toMatch(/terminated|reset/i));
  expect(await ask()).toEqual([{ one: 1 }]);
});

test('a primary that has become a standby is left: no connection to it is used again', async () => {
  await open(3);
  const name = new URL(database.url).pathname.slice(1);
  const owner = new Client({ connectionString: database.url });
  await owner.connect();
  const pids = async (): Promise<number[]> => {
    const { rows } = await owner.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = '${name}' and application_name = 'countersign' order by pid`,
    );
    return rows.map(({ pid }) => pid);
  };
  await open(3);
  const before = await pids();
  const write = () =>
    ask(`insert into data_keys (kid, party_id, wrapped_key) values ('k', 'p', 'w') on conflict do nothing`);
  // As the server says it of a session that began before, and of every new one.
  await orm.em.fork().execute('set default_transaction_read_only = on');
  const held = orm.em.fork().transactional(async (tx) => {
    await tx.execute('set transaction read only');
    await tx.execute(`insert into data_keys (kid, party_id, wrapped_key) values ('k', 'p', 'w')`);
  });
  await expect(held).rejects.toMatchObject({ code: '25006' });
  await write();
  const after = await pids();
  await owner.end();
  expect(after.filter((pid) => before.includes(pid))).toEqual([]);
});

test('a pool whose places are all taken says so instead of waiting without end', async () => {
  const small = await connectOrm({ url: proxy.url, purpose: 'steps', poolMax: 1 });
  const askSmall = () => small.em.fork().execute('select 1 as one');
  const [taken, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holder = small.em.fork().transactional(async (tx) => {
    await tx.execute('select 1');
    taken.resolve();
    await over.promise;
  });
  await taken.promise;
  const refused = await askSmall().catch((error: unknown) => error);
  const waiting = askSmall();
  over.resolve();
  await holder;
  expect(await waiting).toEqual([{ one: 1 }]);
  await small.close();
  expect(refused).toMatchObject({ message: 'timeout exceeded when trying to connect' });
});
