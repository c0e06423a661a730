import { migrate } from '../migrate.ts';
import { preparePooledUser } from '../pooler.ts';
import { SettingsError, type SetupSettings } from '../settings.ts';
import { keepLogin, loginOf, ownLogin, withLogin } from './kept-login.ts';
import { ensureLogin, rightsAt, type Owner } from './make-login.ts';

/** A database that API and worker can work on. */
export interface PreparedDatabase {
  /** For API and worker: their own login, which has the application's role and nothing else. */
  readonly databaseUrl: string;
  /** The migrations that ran. */
  readonly migrations: readonly string[];
  /** What else was done, each in one line. */
  readonly notes: readonly string[];
}

export interface DatabaseSettings
  extends Pick<SetupSettings, 'databaseUrl' | 'dataDir'>, Partial<Pick<SetupSettings, 'directUrl' | 'ownerUrl'>> {
  /** The server belongs to this data folder: its login needs no name that others could not have. */
  readonly ownServer?: boolean;
}

/** The service's login where the server is the data folder's own, and the name that docs and Compose file use. */
export const SERVICE_LOGIN = 'countersign_service';

/**
 * Brings the database to the newest schema as its owner, and sees that the login of API and worker is there: the one that
 * `DATABASE_URL` names, or, where that is the owner's, one of this data folder's own, which is kept beside its keys. Repeatable.
 * Throws `SettingsError` in one line that says what to do.
 */
export async function prepareDatabase(settings: DatabaseSettings): Promise<PreparedDatabase> {
  const owner = ownerOf(settings);
  const migrations = await migrate(owner.url, owner.setting);
  return { migrations, ...(await serviceLogin(settings, owner)) };
}

/** Who migrates: the owner where one is named. A login past the pooler that is another than the service's is the owner's, too. */
export function ownerOf({ ownerUrl, directUrl, databaseUrl }: DatabaseSettings): Owner {
  if (ownerUrl !== undefined) return { url: ownerUrl, setting: 'DATABASE_OWNER_URL' };
  if (directUrl !== undefined) return { url: directUrl, setting: 'DATABASE_DIRECT_URL' };
  return { url: databaseUrl, setting: 'DATABASE_URL' };
}

async function serviceLogin(
  settings: DatabaseSettings,
  owner: Owner,
): Promise<Pick<PreparedDatabase, 'databaseUrl' | 'notes'>> {
  const { databaseUrl, directUrl } = settings;
  const login = loginOf(databaseUrl);
  if (login.user !== loginOf(owner.url).user) {
    await ensureLogin(owner, login, false);
    if (directUrl === undefined) return { databaseUrl, notes: [] };
    const user = await preparePooledUser(owner.url, databaseUrl);
    return { databaseUrl, notes: [`sessions of ${user} are prepared for the pooler`] };
  }
  const rights = await rightsAt(owner.url);
  if (rights?.exceeds.length === 0 && rights.lacks.length === 0) return { databaseUrl, notes: [] };
  if (directUrl !== undefined) {
    throw new SettingsError(
      `DATABASE_URL: ${login.user} is the owner: behind a pooler name a login of the service's own, and this one in DATABASE_OWNER_URL`,
    );
  }
  return ownServiceLogin(settings, owner);
}

/** The login that is made for whoever names nothing but the owner. Kept before it is made: a crash leaves no login nobody knows. */
async function ownServiceLogin(
  { dataDir, databaseUrl, ownServer = false }: DatabaseSettings,
  owner: Owner,
): Promise<Pick<PreparedDatabase, 'databaseUrl' | 'notes'>> {
  const login = ownLogin(dataDir, ownServer ? SERVICE_LOGIN : undefined);
  keepLogin(dataDir, databaseUrl, login);
  await ensureLogin(owner, login, true);
  const note = `worker and API log in as ${login.user}, which cannot become more (DATA_DIR/keys/database-login.json)`;
  return { databaseUrl: withLogin(databaseUrl, login), notes: ownServer ? [] : [note] };
}
