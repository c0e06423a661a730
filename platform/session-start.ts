import type { ClientBase } from 'pg';
import { SettingsError } from './settings.ts';
import { PATIENCE, sessionSettings } from './session.ts';

/** The role that cannot write balances or entries. */
export const APPLICATION_ROLE = 'countersign_app';

/**
 * Completes what the connection's first packet could not say, in one statement: the restricted role, and the bound of a
 * transaction where the server knows one. Where the role is not ours to take, the triggers still guard the ledger.
 */
export async function takeSession(
  client: ClientBase,
  { role, transactionMs }: { role: 'application' | 'owner'; transactionMs: number },
): Promise<void> {
  const version = `current_setting('server_version_num')::int`;
  const bound = `select set_config('transaction_timeout', '${transactionMs}', false) where ${version} >= 170000`;
  const restricted = `select set_config('role', rolname, false) from pg_roles where rolname = '${APPLICATION_ROLE}'
    and pg_has_role(oid, case when ${version} >= 160000 then 'set' else 'member' end)`;
  await client.query(
    role === 'owner'
      ? `${bound} union all select set_config('role', 'none', false)`
      : `${bound} union all ${restricted}`,
  );
}

/**
 * Behind a transaction pooler a session is not ours to set: the next transaction may run in another one. There the server
 * itself gives every session of our user what it needs, and this only looks. Throws when it does not.
 */
export async function requireSession(client: ClientBase): Promise<void> {
  const wanted = { ...sessionSettings(PATIENCE.steps), role: APPLICATION_ROLE };
  const names = Object.keys(wanted).map((name) => `'${name}'`);
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name in (${names.join(', ')}) union all select 'role', current_setting('role')`,
  );
  const is = new Map(rows.map(({ name, setting }) => [name, setting]));
  const wrong = Object.entries(wanted).filter(([name, value]) => is.get(name) !== value);
  if (wrong.length === 0) return;
  const differences = wrong.map(([name, value]) => `${name} is ${is.get(name)} and not ${value}`).join(', ');
  throw new SettingsError(
    `DATABASE_URL: the pooler's sessions are not prepared (${differences}): run \`npm run migrate\`, then reconnect the pooler's servers`,
  );
}
