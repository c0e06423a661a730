import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { productionDatabase } from '../support/server-account.ts';
import { runFolder } from '../support/run.ts';
import { freePort, run } from './support.ts';

const settings = async (): Promise<Record<string, string>> => ({
  DATA_DIR: mkdtempSync(join(runFolder(), 'no-database-')),
  PORT: await freePort(),
  EMBEDDED: 'true',
});

test.each(['api/main.ts', 'workers/main.ts'])('%s says in one line that the database is not migrated', async (main) => {
  const database = await productionDatabase();
  const started = run(main, { ...(await settings()), DATABASE_URL: database.url });
  expect(await started.ended()).toBe(1);
  expect(started.output()).toMatch(/DATABASE_URL: the database lacks 0001-tables, .*: run `npm run migrate` first/);
  expect(started.output()).not.toMatch(/^\s+at /m);
  await database.drop();
});

test.each(['api/main.ts', 'workers/main.ts'])('%s says in one line that no database answers', async (main) => {
  const port = await freePort();
  const started = run(main, { ...(await settings()), DATABASE_URL: `postgres://nobody:secret@127.0.0.1:${port}/none` });
  expect(await started.ended()).toBe(1);
  expect(started.output()).toMatch(
    new RegExp(`^DATABASE_URL: the database at 127.0.0.1:${port}/none does not answer \\(.*ECONNREFUSED.*\\)$`, 'm'),
  );
  expect(started.output()).not.toMatch(/^\s+at |secret/m);
});
