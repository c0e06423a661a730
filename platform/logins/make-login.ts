import { Client } from 'pg';
import { codeOf } from '../error-facts.ts';
import { KEEP_ALIVE, startupOptions } from '../session.ts';
import { SettingsError } from '../settings.ts';
import { type Login, withLogin } from './kept-login.ts';
import { APPLICATION_ROLE, loginRights, type LoginRights } from './login-rights.ts';
import { scramVerifier } from './scram.ts';

/** The owner of a database, who alone migrates it and makes its logins. */
export interface Owner {
  readonly url: string;
  /** The setting that names it, for messages. */
  readonly setting: string;
}

const INSUFFICIENT_PRIVILEGE = '42501';
const NO_SUCH_LOGIN = ['28000', '28P01'];
const SOMEBODY_WAS_FASTER = ['42710', '23505'];

/**
 * Makes sure that the role exists whose rights the migrations grant; it belongs to the whole server, so that another database
 * may have made it. Throws `SettingsError` with the statement for an administrator where the owner may make no roles.
 */
export async function ensureApplicationRole(owner: Owner): Promise<void> {
  await asOwner(owner.url, async (client) => {
    if (await exists(client, APPLICATION_ROLE)) return;
    const statement = `create role ${APPLICATION_ROLE} nologin`;
    await client.query(statement).catch((error: unknown) => {
      if (SOMEBODY_WAS_FASTER.includes(codeOf(error) ?? '')) return;
      throw forAdministrator(owner, error, `may not create the role ${APPLICATION_ROLE}`, [statement]);
    });
  });
}

/**
 * Makes the login that the processes of the service work under, unless it is there and right. `ours`: nobody else names it, so
 * that its password may be set anew. Throws `SettingsError` in one line: with the statements for an administrator where the owner
 * may not, or with what the login could do beyond its role.
 */
export async function ensureLogin(owner: Owner, login: Login, ours: boolean): Promise<void> {
  const url = withLogin(owner.url, login);
  if (ours) await asOwner(owner.url, (client) => forgetOwnSettings(client, owner, login.user));
  const before = await rightsAt(url);
  if (before === undefined || before.lacks.length > 0) {
    await asOwner(owner.url, (client) => make(client, owner, { login, ours, known: before !== undefined }));
  }
  const after = before && before.lacks.length === 0 ? before : await rightsAt(url);
  if (after === undefined) {
    throw new SettingsError(`DATABASE_URL: the database refuses the password of ${login.user}: give the right one`);
  }
  const wrong = [...after.exceeds, ...after.lacks];
  if (wrong.length > 0) throw new SettingsError(`DATABASE_URL: the login ${login.user} ${wrong.join(', ')}`);
}

/**
 * A login may always change its own password and what its sessions begin with. Whoever has misused it must not have made it
 * useless for good: a login that nobody else names begins as the server has it.
 */
async function forgetOwnSettings(client: Client, owner: Owner, user: string): Promise<void> {
  const { rows } = await client.query<{ database: string | null }>(
    `select datname as database from pg_db_role_setting left join pg_database d on d.oid = setdatabase
     where setrole = (select oid from pg_roles where rolname = $1)`,
    [user],
  );
  for (const { database } of rows) {
    const where = database === null ? '' : ` in database ${client.escapeIdentifier(database)}`;
    const statement = `alter role ${client.escapeIdentifier(user)}${where} reset all`;
    await client.query(statement).catch((error: unknown) => {
      throw forAdministrator(owner, error, `may not reset the sessions of ${user}`, [statement]);
    });
  }
}

/** What the login of this address may do; `undefined` when the server does not let it in. */
export async function rightsAt(url: string): Promise<LoginRights | undefined> {
  const client = new Client({ connectionString: url, ...OPTIONS });
  try {
    await client.connect();
    return await loginRights(async (sql) => (await client.query(sql)).rows);
  } catch (error) {
    if (NO_SUCH_LOGIN.includes(codeOf(error) ?? '')) return undefined;
    // A login that may not connect to this database.
    if (codeOf(error) === INSUFFICIENT_PRIVILEGE) return undefined;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function make(
  client: Client,
  owner: Owner,
  { login: { user, password }, ours, known }: { login: Login; ours: boolean; known: boolean },
): Promise<void> {
  const name = client.escapeIdentifier(user);
  const secret = password === undefined ? '' : ` password '${scramVerifier(password)}'`;
  const there = await exists(client, user);
  const statements = [
    ...(there ? [] : [`create role ${name} login${secret}`]),
    ...(there && ours && !known ? [`alter role ${name} login${secret}`] : []),
    `grant ${APPLICATION_ROLE} to ${name}${(await version(client)) >= 160_000 ? ' with inherit true, set false' : ''}`,
    `grant connect on database ${client.escapeIdentifier(client.database ?? '')} to ${name}`,
  ];
  await client.query(`begin; ${statements.join('; ')}; commit`).catch(async (error: unknown) => {
    await client.query('rollback');
    throw forAdministrator(owner, error, `may not make the service's login ${user}`, statements);
  });
}

/** Passwords and what derives from them stay out of the message. */
function forAdministrator(owner: Owner, error: unknown, what: string, statements: readonly string[]): unknown {
  if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) return error;
  const shown = statements.map((statement) => statement.replace(/ password '.*'$/, " password '…'"));
  return new SettingsError(
    `${owner.setting}: its login ${what}: have an administrator run \`${shown.join('; ')}\`, then repeat this`,
    { cause: error },
  );
}

async function exists(client: Client, role: string): Promise<boolean> {
  return (await client.query('select 1 from pg_roles where rolname = $1', [role])).rowCount === 1;
}

async function version(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    `select current_setting('server_version_num')::int as version`,
  );
  return rows[0]?.version ?? 0;
}

const OPTIONS = {
  application_name: 'countersign-migrate',
  connectionTimeoutMillis: 20_000,
  options: startupOptions('unhurried'),
  ...KEEP_ALIVE,
} as const;

async function asOwner<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url, ...OPTIONS });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
