import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { withLogin } from '../../platform/logins/kept-login.ts';
import { announced } from './run.ts';
import { databaseUrl, type TestPostgres } from './servers.ts';

const SCRIPT = new URL('../../deploy/postgres-roles.sh', import.meta.url);

export interface ProductionDatabase {
  /** As its owner, who only migrates. */
  readonly ownerUrl: string;
  /** As the service's login, for API and worker. */
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * An empty database with an owner and the service's login, made by the very SQL of deploy/postgres-roles.sh under other names: so
 * the service has exactly the rights that it has in production.
 */
export async function productionDatabase(): Promise<ProductionDatabase> {
  const server = await announced<TestPostgres>('postgres');
  const name = `production_${randomBytes(6).toString('hex')}`;
  const service = `${name}_service`;
  const here = databaseUrl(server.url, name);
  const { before, inside } = statementsOf(readFileSync(SCRIPT, 'utf8'), name);
  await administer(server.url, before);
  await administer(here, inside);
  return {
    ownerUrl: withLogin(here, { user: name, password: name }),
    url: withLogin(here, { user: service, password: service }),
    drop: () => administer(server.url, [`drop database ${name} with (force)`, `drop role ${name}, ${service}`]),
  };
}

/** What the script does for the service: as an administrator of the server, then inside the database. */
function statementsOf(script: string, name: string): { before: string[]; inside: string[] } {
  const [, sql = ''] = /<<'SQL'\n([^]*)SQL\n/.exec(script) ?? [];
  const [before = [], inside = []] = sql.split('\\connect countersign\n').map((part) =>
    part
      .split('\n')
      // The run's server has the role already, and what is Temporal's is not ours.
      .filter((line) => line !== '' && !line.includes('temporal') && !line.startsWith('create role countersign_app'))
      .map((line) =>
        line
          .replace(":'countersign'", `'${name}'`)
          .replace(":'service'", `'${name}_service'`)
          .replaceAll(/\bcountersign_service\b/g, `${name}_service`)
          .replaceAll(/\bcountersign\b/g, name)
          .replace(', postgres, template1', ''),
      ),
  );
  if (before.length !== 5 || inside.length !== 1) throw new Error('deploy/postgres-roles.sh does something else now');
  return { before, inside };
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
