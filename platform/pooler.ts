import { Client } from 'pg';
import { KEEP_ALIVE, PATIENCE, sessionSettings, startupOptions } from './session.ts';

/**
 * Gives every session of the user that `pooledUrl` names what a transaction pooler keeps us from setting: time-outs, and what makes a statement mean what it should. `directUrl` leads past the pooler, as somebody who may alter that
 * user. Returns the user's name. Repeatable.
 */
export async function preparePooledUser(directUrl: string, pooledUrl: string): Promise<string> {
  const user = decodeURIComponent(new URL(pooledUrl).username);
  const client = new Client({
    connectionString: directUrl,
    application_name: 'countersign-migrate',
    options: startupOptions('unhurried'),
    ...KEEP_ALIVE,
  });
  await client.connect();
  try {
    const statements = await statementsFor(client, user);
    await client.query(statements.join('; ')).catch((cause: unknown) => {
      const advice = `the owner of the database may not alter ${user}: run this as an administrator\n${statements.join(';\n')};`;
      throw new Error(advice, { cause });
    });
    return user;
  } finally {
    await client.end();
  }
}

async function statementsFor(client: Client, user: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; version: number }>(
    `select current_database() as name, current_setting('server_version_num')::int as version`,
  );
  const { name = '', version = 0 } = rows[0] ?? {};
  const { transactionMs } = PATIENCE.steps;
  const settings = {
    ...sessionSettings(PATIENCE.steps),
    ...(version >= 170_000 && { transaction_timeout: String(transactionMs) }),
  };
  const whose = `alter role ${client.escapeIdentifier(user)} in database ${client.escapeIdentifier(name)}`;
  return [
    // Former versions had the sessions change to the role that the login now simply has.
    `${whose} reset role`,
    ...Object.entries(settings).map(
      ([setting, value]) => `${whose} set ${setting} = ${literal(client, setting, value)}`,
    ),
  ];
}

/** The search path is a list: one literal would be one schema of that name. */
function literal(client: Client, setting: string, value: string): string {
  return setting === 'search_path' ? value : client.escapeLiteral(value);
}
