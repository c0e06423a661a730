import type { ClientBase } from 'pg';
import { SettingsError } from './settings.ts';
import { PATIENCE, sessionSettings } from './session.ts';

/** Completes what the connection's first packet could not say: the bound of a transaction, where the server knows one. */
export async function boundTransactions(client: ClientBase, transactionMs: number): Promise<void> {
  await client.query(
    `select set_config('transaction_timeout', '${transactionMs}', false)
     where current_setting('server_version_num')::int >= 170000`,
  );
}

/**
 * Behind a transaction pooler a session is not ours to set: the next transaction may run in another one. There the server
 * itself gives every session of our login what it needs, and this only looks. Throws when it does not.
 */
export async function requireSession(client: ClientBase): Promise<void> {
  const wanted = sessionSettings(PATIENCE.steps);
  const names = Object.keys(wanted).map((name) => `'${name}'`);
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name in (${names.join(', ')})`,
  );
  const is = new Map(rows.map(({ name, setting }) => [name, setting]));
  const wrong = Object.entries(wanted).filter(([name, value]) => is.get(name) !== value);
  if (wrong.length === 0) return;
  const differences = wrong.map(([name, value]) => `${name} is ${is.get(name)} and not ${value}`).join(', ');
  throw new SettingsError(
    `DATABASE_URL: the pooler's sessions are not prepared (${differences}): run \`npm run migrate\`, then reconnect the pooler's servers`,
  );
}
