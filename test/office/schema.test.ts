import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrate } from '../../platform/migrate.ts';
import { connectOrm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { SERVICE } from '../support/servers.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

describe('the schema', () => {
  test('migrations and entities describe the same tables', async () => {
    const owner = await connectOrm({ url: database.url });
    const difference = await owner.schema.getUpdateSchemaSQL({ wrap: false });
    await owner.close();
    expect(difference).toBe('');
  });

  test('two processes that migrate at once do not race, and find nothing to do', async () => {
    expect(await Promise.all([migrate(database.url), migrate(database.url)])).toEqual([[], []]);
  });
});

describe('the connection', () => {
  test('logs in as a login that has the role of the application, and is nobody else', async () => {
    const rows = await database.orm.em.execute('select current_user as who, session_user as login');
    expect(rows).toEqual([{ who: SERVICE.user, login: SERVICE.user }]);
  });

  test('the application may not write a balance, and even the owner only by disabling the ledger', async () => {
    await expect(database.orm.em.execute(`update accounts set balance = 1`)).rejects.toThrow('permission denied');
    const owner = await connectOrm({ url: database.url });
    await expect(owner.em.execute('update accounts set balance = 1')).rejects.toThrow(
      'only the ledger writes its sums',
    );
    await owner.close();
  });
});

test('a typed query reads one entity: values are converted by column name alone, whichever table they come from', () => {
  const files = ['activities', 'api', 'office', 'platform', 'workers'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => /\.\w*Join\(/.test(readFileSync(file, 'utf8')))).toEqual([]);
});
