import { randomBytes } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { withLogin } from '../../platform/logins/kept-login.ts';
import { announced } from './run.ts';
import { databaseUrl, type TestPostgres } from './servers.ts';
import { PATIENCE_MS } from './until.ts';

export interface SiteDatabase {
  /** As the site's own login, which owns the database and may do nothing elsewhere. */
  readonly url: string;
  close(): Promise<void>;
}

/** An empty database that only its own login may enter, as a site is given one. */
export async function siteDatabase(): Promise<SiteDatabase> {
  const server = await announced<TestPostgres>('postgres');
  const name = `site_${randomBytes(6).toString('hex')}`;
  const login = { user: name, password: 'site-of-the-tests' };
  await administer(server.url, `create role ${name} login password '${login.password}'`);
  await administer(server.url, `create database ${name} owner ${name}`);
  await administer(server.url, `revoke connect on database ${name} from public`);
  return {
    url: withLogin(databaseUrl(server.url, name), login),
    async close() {
      await administer(server.url, `drop database ${name} with (force)`);
      await administer(server.url, `drop role ${name}`);
    },
  };
}

/** Where a test asks for much at once, everything gets its place in the pool, however slow the machine. */
export async function patientPool({ em }: Pick<MikroORM, 'em'>): Promise<void> {
  const pool = await em.getConnection().getNativeClient();
  pool.options.connectionTimeoutMillis = PATIENCE_MS;
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
