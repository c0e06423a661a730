import { join } from 'node:path';
import { hasDataKeys, createSealer, type Sealer } from '../platform/sealing.ts';
import { KeysUnavailable, masterKeyReader, type KeySource } from '../platform/key-files.ts';
import { requireRestrictedLogin } from '../platform/logins/login-rights.ts';
import { missingMigrations } from '../platform/migrate.ts';
import { connectOrm, type Orm } from '../platform/orm.ts';
import type { Purpose } from '../platform/session.ts';
import { SettingsError, type ServiceSettings } from '../platform/settings.ts';
import { asUnreachable } from './reachability.ts';
import {
  type CheckSigning,
  type KeyRing,
  createCheckSigning,
  defaultStatusListUri,
  openKeyRing,
} from './checks/index.ts';

/** The check office's books and keys, as every process opens them. */
export interface Office {
  /** What the process writes. */
  readonly orm: Orm;
  /** Connections of their own for what is only read, keys among it: they are there while every writer waits for a lock. */
  readonly reads: Orm;
  /** The API's readiness, or the worker's comparisons of all the books: neither shares with orders. */
  readonly dedicated: Orm;
  /** The connections of each of them, by what they are for. */
  readonly pools: Readonly<Record<string, Orm>>;
  readonly keyRing: KeyRing;
  readonly signing: CheckSigning;
  readonly sealer: Sealer;
  /** Where checks say that their status list is. */
  readonly statusListUri: string;
  /** What was wrong with the key files at the start: steps that need them fail until somebody has put them right. */
  readonly keyFaults: readonly string[];
  close(): Promise<void>;
}

/** How each kind of process divides `DATABASE_POOL`: the rest is for `writes`. */
const PROCESSES = {
  api: { writes: 'requests', readsShare: 0.4, dedicated: 'probe' },
  worker: { writes: 'steps', readsShare: 0.2, dedicated: 'unhurried' },
} as const satisfies Record<string, { writes: Purpose; readsShare: number; dedicated: Purpose }>;

/**
 * Opens database and keys by the settings; in embedded mode the keys lie below `DATA_DIR` and are made on first use. Throws
 * `SettingsError` in one line when the database does not answer, is not migrated, or the login could do more than the service does. A wrong key file ends nobody: the
 * orders that need it say so, and go on when it is right again.
 */
export async function openOffice(settings: ServiceSettings, process: keyof typeof PROCESSES): Promise<Office> {
  const pools = await openPools(settings, process);
  const { orm, reads } = pools;
  await requireSchema(orm, settings.databaseUrl);
  await requireRestrictedLogin((sql) => orm.em.fork().execute(sql), 'DATABASE_URL');
  const folder = join(settings.dataDir, 'keys');
  const keyFaults: string[] = [];
  const onFault = (fault: KeysUnavailable): void => void keyFaults.push(fault.message);
  const keyRing = await openKeyRing({ orm: reads, source: keySource(settings.echeckKeysFile, folder), onFault });
  const nothingSealed = async (): Promise<boolean> => !(await hasDataKeys(reads));
  const masterKey = masterKeyReader(keySource(settings.masterKeyFile, folder), nothingSealed);
  await masterKey().catch((error: unknown) => {
    if (!(error instanceof KeysUnavailable)) throw error;
    onFault(error);
  });
  const issuer = settings.checkIssuer;
  const statusListUri = settings.publicUrl
    ? new URL('/.well-known/echeck-status', settings.publicUrl).href
    : defaultStatusListUri(issuer);
  return {
    ...pools,
    keyRing,
    signing: createCheckSigning({ orm: reads, keyRing, issuer, statusListUri }),
    sealer: createSealer({ orm: reads, masterKey }),
    statusListUri,
    keyFaults,
    async close() {
      await Promise.all([orm.close(), reads.close(), pools.dedicated.close()]);
    },
  };
}

/** Connections are opened when they are needed, and never more than `DATABASE_POOL` in all. */
async function openPools(
  settings: ServiceSettings,
  process: keyof typeof PROCESSES,
): Promise<Pick<Office, 'orm' | 'reads' | 'dedicated' | 'pools'>> {
  const { writes, readsShare, dedicated } = PROCESSES[process];
  const { databaseUrl: url, directUrl, databasePool } = settings;
  const applicationName = `countersign-${process}`;
  const forReads = Math.max(1, Math.floor(databasePool * readsShare));
  const pooled = directUrl !== url;
  // A pooler's sessions are all alike: what takes its time needs one of its own.
  const dedicatedAt = dedicated === 'unhurried' ? { url: directUrl } : { url, pooled };
  const [orm, reads, other] = await Promise.all([
    connectOrm({ url, pooled, purpose: writes, poolMax: Math.max(1, databasePool - forReads - 1), applicationName }),
    connectOrm({ url, pooled, purpose: 'reads', poolMax: forReads, applicationName }),
    connectOrm({ ...dedicatedAt, purpose: dedicated, poolMax: 1, applicationName }),
  ]);
  return { orm, reads, dedicated: other, pools: { [writes]: orm, reads, [dedicated]: other } };
}

async function requireSchema(orm: Orm, url: string): Promise<void> {
  const missing = await missingMigrations(orm).catch((error: unknown) => {
    const unreachable = asUnreachable(error, 'DATABASE_URL', url);
    if (unreachable instanceof SettingsError) throw unreachable;
    throw new SettingsError(`DATABASE_URL: the database does not answer (${firstLineOf(error)})`);
  });
  if (missing.length === 0) return;
  throw new SettingsError(`DATABASE_URL: the database lacks ${missing.join(', ')}: run \`npm run migrate\` first`);
}

function firstLineOf(error: unknown): string {
  return String(error).split('\n')[0] ?? '';
}

function keySource(file: string | undefined, directory: string): KeySource {
  return file === undefined ? { directory } : { file };
}
