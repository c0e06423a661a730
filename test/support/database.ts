import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { withLogin } from '../../platform/logins/kept-login.ts';
import { announced } from './run.ts';
import { databaseUrl, SERVICE, TEMPLATE, type TestPostgres } from './servers.ts';

export interface TestDatabase {
  /** As the owner: a connection of one's own may do what the application may not. */
  readonly url: string;
  /** As the service's login: what API and worker are given. */
  readonly serviceUrl: string;
  /** As the service's login. */
  readonly orm: Orm;
  /** Closes the connections and drops the database. */
  close(): Promise<void>;
}

/** A fresh, migrated, empty database on the run's real PostgreSQL: one for each test file. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await announced<TestPostgres>('postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(server.url, `create database ${name} template ${TEMPLATE}`);
  const url = databaseUrl(server.url, name);
  const serviceUrl = withLogin(url, SERVICE);
  const orm = await connectOrm({ url: serviceUrl, applicationName: name });
  return {
    url,
    serviceUrl,
    orm,
    async close() {
      await orm.close();
      await administer(server.url, `drop database ${name} with (force)`);
    },
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
