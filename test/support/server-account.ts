import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { announced } from './run.ts';
import { databaseUrl, type TestPostgres } from './servers.ts';

const SCRIPT = new URL('../../deploy/postgres-roles.sh', import.meta.url);

/**
 * An empty database owned by a user of its own, made by the very SQL of deploy/postgres-roles.sh under another name: so
 * the service has exactly the rights that it has in production.
 */
export async function productionDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = await announced<TestPostgres>('postgres');
  const name = `production_${randomBytes(6).toString('hex')}`;
  const [, sql = ''] = /<<'SQL'\n([^]*)SQL\n/.exec(readFileSync(SCRIPT, 'utf8')) ?? [];
  const statements = sql.split('\n').filter((line) => line.includes('countersign'));
  if (statements.length !== 2) throw new Error('deploy/postgres-roles.sh no longer makes one role and one database');
  await administer(server.url, [
    ...statements.map((line) => line.replace(":'countersign'", `'${name}'`).replaceAll(/\bcountersign\b/g, name)),
    // The run's server has the role already. This is what PostgreSQL gives to whoever creates it.
    `grant countersign_app to ${name} with admin true, inherit false, set false`,
  ]);
  const url = new URL(databaseUrl(server.url, name));
  url.username = name;
  url.password = name;
  return {
    url: url.href,
    drop: () =>
      administer(server.url, [`drop database ${name} with (force)`, `drop owned by ${name}`, `drop role ${name}`]),
  };
}

async function administer(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
