import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Client } from 'pg';
import { z } from 'zod';
import { codeOf, shortMessageOf } from '../error-facts.ts';
import { KEEP_ALIVE, startupOptions } from '../session.ts';
import { SettingsError } from '../settings.ts';
import { loginOf, withLogin, type Login } from './kept-login.ts';
import type { Owner } from './make-login.ts';
import { scramVerifier } from './scram.ts';

/** The database of another party's server, and where its login is kept. */
export interface SiteDatabase {
  /** What database and login are called, such as `selling_office`. */
  readonly name: string;
  /** The file that keeps name and password; only its owner reads it. */
  readonly file: string;
  /** The server belongs to this data folder alone: the names need nothing that others could not have. */
  readonly ownServer: boolean;
}

const keptDatabase = z.object({ user: z.string().min(1), password: z.string().min(1), server: z.string() });
type KeptDatabase = z.infer<typeof keptDatabase>;

const INSUFFICIENT_PRIVILEGE = '42501';
/** So that a server with a fault cannot take the connections that the office needs. */
const MOST_CONNECTIONS = 20;

/**
 * The address of the database of a party's own server, made where there is none. The password is in `file` before it is made. Throws
 * `SettingsError` in one line where the owner may not make it.
 */
export async function prepareSiteDatabase(owner: Owner, site: SiteDatabase): Promise<string> {
  const login = keptOrNew(owner, site);
  const url = new URL(withLogin(owner.url, login));
  url.pathname = `/${login.user}`;
  await makeSiteDatabase(owner, url.href);
  return url.href;
}

/**
 * Makes sure that the database and its login of this address are there: the login owns the database and is nothing else; it may connect to
 * no other, and nobody else to this one. Both have one name. The password is set anew each time, as a SCRAM verifier.
 */
export async function makeSiteDatabase(owner: Owner, url: string): Promise<void> {
  const { user, password } = loginOf(url);
  if (password === undefined) throw new SettingsError(`the address of the database ${user} lacks a password`);
  await connected(owner.url, (client) => make(client, { user, password })).catch((error: unknown) => {
    if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    const advice = 'give it CREATEDB and CREATEROLE, or set SITES=off';
    throw new SettingsError(
      `${owner.setting}: its login may not make the database ${user} (${shortMessageOf(error)}): ${advice}`,
    );
  });
  // By the login itself: it is the owner, and whoever made it need not be a member of it.
  await connected(url, async (client) => {
    await client.query(`revoke all on database ${client.escapeIdentifier(user)} from public`);
  });
}

/** Whether the owner may make logins and databases of sites at all. */
export async function mayMakeDatabases(owner: Owner): Promise<boolean> {
  let may = false;
  await connected(owner.url, async (client) => {
    const { rows } = await client.query<{ may: boolean }>(
      'select rolsuper or (rolcreatedb and rolcreaterole) as may from pg_roles where rolname = current_user',
    );
    may = rows[0]?.may ?? false;
  });
  return may;
}

async function make(client: Client, { user, password }: Required<Login>): Promise<void> {
  const name = client.escapeIdentifier(user);
  const isThere = async (catalog: string): Promise<boolean> => (await client.query(catalog, [user])).rowCount === 1;
  const attributes = `login connection limit ${MOST_CONNECTIONS} password '${scramVerifier(password)}'`;
  const known = await isThere('select 1 from pg_roles where rolname = $1');
  await client.query(`${known ? 'alter' : 'create'} role ${name} ${attributes}`);
  // A login may change what its own sessions begin with: it begins as the server has it.
  if (known) await client.query(`alter role ${name} reset all`);
  if (await isThere('select 1 from pg_database where datname = $1')) return;
  const { rows } = await client.query<{ all: boolean }>(
    'select rolsuper as all from pg_roles where rolname = current_user',
  );
  // Who is no superuser may give a database only to a role that it may become.
  const joins = rows[0]?.all === false;
  if (joins) await client.query(`grant ${name} to current_user`);
  await client.query(`create database ${name} owner ${name}`);
  if (joins) await client.query(`revoke ${name} from current_user`);
}

/** What was made for this server before, else new. Kept before it is made: a crash leaves no login that nobody knows. */
function keptOrNew(owner: Owner, { name, file, ownServer }: SiteDatabase): KeptDatabase {
  const { host } = new URL(owner.url);
  const kept = read(file);
  if (kept?.server === host || (kept && ownServer)) return kept;
  const user = ownServer ? name : `${name}_${randomBytes(4).toString('hex')}`;
  const made = { user, password: randomBytes(24).toString('base64url'), server: host };
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  writeFileSync(draft, JSON.stringify(made), { mode: 0o600 });
  renameSync(draft, file);
  return made;
}

function read(file: string): KeptDatabase | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return keptDatabase.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new SettingsError(`DATA_DIR: ${file} cannot be read (${shortMessageOf(error)}): put it back, or remove it`);
  }
}

async function connected(connectionString: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({
    connectionString,
    application_name: 'countersign-sites',
    connectionTimeoutMillis: 20_000,
    options: startupOptions('unhurried'),
    ...KEEP_ALIVE,
  });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
