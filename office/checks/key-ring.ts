import type { CryptoKey, JSONWebKeySet } from 'jose';
import { type EntityManager, raw } from '@mikro-orm/postgresql';
import { CHECK_ALGORITHM } from '../../domain/echeck.ts';
import {
  KeysUnavailable,
  keysStamp,
  readSigningKeys,
  writeSigningKey,
  type KeySource,
  type PrivateSigningKey,
} from '../../platform/key-files.ts';
import type { Orm } from '../../platform/orm.ts';
import { generateSigningKey, toCryptoKey } from './key-pairs.ts';
import { kyselyOf } from '../../entities/database.ts';
import { SigningKey } from '../../entities/signing-key.entity.ts';

/**
 * The keys that sign checks. Private halves lie in files, public halves and their status in the database, so that a
 * rotation or a revocation made by one process reaches every other one without a restart.
 */
export interface KeyRing {
  /** The key that signs now: the newest active one whose private half this process holds. Throws `NoSigningKeyError`. */
  signingKey(): Promise<SigningKeyInUse>;
  /**
   * The public key of that id; `undefined` when it is unknown or revoked. Inside a transaction, pass its EntityManager:
   * transactions that wait for a second connection while they hold one can use up the pool and wait without end.
   */
  verificationKey(kid: string, em?: EntityManager): Promise<CryptoKey | undefined>;
  /** Every key that verifies, for `/.well-known/jwks.json` (RFC 7517). */
  publicJwks(): Promise<JSONWebKeySet>;
  /** Every key ever registered, the newest first. */
  list(): Promise<readonly RegisteredKey[]>;
  /** From now on a new key signs; the former ones verify what they have signed. Returns the new key's id. */
  rotate(): Promise<string>;
  /** Makes every open check of that key invalid at once. Another key takes over where this one was the last. */
  revoke(kid: string): Promise<void>;
}

export interface SigningKeyInUse {
  readonly kid: string;
  readonly key: CryptoKey;
}

/** No key may sign: every known one is retired or revoked, or its private half is not here. */
export class NoSigningKeyError extends Error {
  override readonly name = 'NoSigningKeyError';
}

export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError';
}

/** How long a process may go on with what it knows: the delay with which a rotation reaches the others. */
const FRESH_FOR_MS = 1_000;

export interface KeyRingOptions {
  readonly orm: Orm;
  readonly source: KeySource;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
  /** Called with what is wrong with the key files at the start, which then is no error: they are read again when a key is needed. */
  readonly onFault?: (fault: KeysUnavailable) => void;
}

/** Opens the ring; in a folder that holds no key yet the first one is made, one for all processes that start at once. */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const ring = new FileKeyRing(options);
  await ring.readFiles().catch((error: unknown) => {
    if (!options.onFault || !(error instanceof KeysUnavailable)) throw error;
    options.onFault(error);
  });
  return ring;
}

class FileKeyRing implements KeyRing {
  readonly #orm: Orm;
  readonly #source: KeySource;
  readonly #now: () => number;
  /** The private halves that this process has read, by key id. */
  readonly #held = new Map<string, CryptoKey>();
  readonly #imported = new Map<string, CryptoKey>();
  #known: { keys: readonly RegisteredKey[]; until: number } | undefined;
  #asking: Promise<readonly RegisteredKey[]> | undefined;
  #filesReadAt = '';
  /** How often what was known has been forgotten. */
  #forgotten = 0;

  constructor({ orm, source, now = Date.now }: KeyRingOptions) {
    this.#orm = orm;
    this.#source = source;
    this.#now = now;
  }

  /**
   * Who holds no connection may share one question; who is inside a transaction asks by its own connection. Otherwise
   * transactions that fill the pool would wait for a question that waits for the pool.
   */
  async list(em?: EntityManager): Promise<readonly RegisteredKey[]> {
    if (this.#known && this.#known.until > this.#now()) return this.#known.keys;
    if (em) return this.#read(em);
    this.#asking ??= this.#read(this.#orm.em.fork());
    return this.#asking;
  }

  async #read(em: EntityManager): Promise<readonly RegisteredKey[]> {
    const until = this.#now() + FRESH_FOR_MS;
    const forgotten = this.#forgotten;
    try {
      const keys = await registeredKeys(em);
      // What changed meanwhile is read again by whoever asks next.
      if (forgotten === this.#forgotten) this.#known = { keys, until };
      return keys;
    } finally {
      if (forgotten === this.#forgotten) this.#asking = undefined;
    }
  }

  #forget(): void {
    this.#forgotten += 1;
    this.#known = undefined;
    this.#asking = undefined;
  }

  async signingKey(): Promise<SigningKeyInUse> {
    if ((await keysStamp(this.#source)) !== this.#filesReadAt) await this.readFiles();
    for (const { kid, status } of await this.list()) {
      const key = this.#held.get(kid);
      if (status === 'active' && key) return { kid, key };
    }
    throw new NoSigningKeyError('no active signing key: append a new one to ECHECK_KEYS_FILE');
  }

  async verificationKey(kid: string, em?: EntityManager): Promise<CryptoKey | undefined> {
    const found = (await this.#find(kid, em)) ?? (await this.#findAgain(kid, em));
    if (!found || found.status === 'revoked') return undefined;
    const key = this.#imported.get(kid) ?? (await toCryptoKey(found.publicKey));
    this.#imported.set(kid, key);
    return key;
  }

  async publicJwks(): Promise<JSONWebKeySet> {
    const keys = (await this.list()).filter(({ status }) => status !== 'revoked');
    return { keys: keys.map(({ kid, publicKey }) => ({ ...publicKey, kid, alg: CHECK_ALGORITHM, use: 'sig' })) };
  }

  async rotate(): Promise<string> {
    await this.readFiles();
    const kid = await this.#changing(async (tx) => {
      if ('directory' in this.#source) await addKey(tx, this.#source.directory);
      const [newest, former] = (await registeredKeys(tx)).filter(({ status }) => status === 'active');
      if (!newest || !former) {
        throw new NoSigningKeyError('nothing to rotate to: append a new key to ECHECK_KEYS_FILE first');
      }
      await retireAllBut(tx, newest.kid);
      return newest.kid;
    });
    await this.readFiles();
    return kid;
  }

  async revoke(kid: string): Promise<void> {
    const found = await this.#changing((tx) => markRevoked(tx, kid));
    if (!found)
      throw new UnknownKeyError(`no signing key ${kid}: \`npx countersign keys list\` lists those that there are`);
    await this.readFiles();
  }

  /** Reads the key files, registers what is new in them and, in a folder, sees to it that some key can sign. */
  async readFiles(): Promise<void> {
    const source = this.#source;
    await this.#changing(async (tx) => {
      const readAt = await keysStamp(source);
      const files = await readSigningKeys(source);
      this.#filesReadAt = readAt;
      for (const key of files) await registerKey(tx, key);
      const active = (await registeredKeys(tx)).filter(({ status }) => status === 'active');
      const someoneSigns = active.some(({ kid }) => files.some((file) => file.kid === kid));
      if (!someoneSigns && 'directory' in source) files.push(await addKey(tx, source.directory));
      for (const key of files) this.#held.set(key.kid, await toCryptoKey(key));
    });
  }

  async #find(kid: string, em?: EntityManager): Promise<RegisteredKey | undefined> {
    return (await this.list(em)).find((key) => key.kid === kid);
  }

  /** Another process may have begun to sign with a key that is younger than what is known here. */
  async #findAgain(kid: string, em?: EntityManager): Promise<RegisteredKey | undefined> {
    this.#forget();
    return this.#find(kid, em);
  }

  /** Changes the register under its lock, and forgets what was known before. */
  async #changing<T>(change: (tx: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.#orm.em.fork().transactional(async (tx) => {
      await lockRegister(tx);
      return change(tx);
    });
    this.#forget();
    return result;
  }
}

/** The file comes first: a registered key whose private half is nowhere would be the newest and sign nothing. */
async function addKey(tx: EntityManager, directory: string): Promise<PrivateSigningKey> {
  const key = await generateSigningKey();
  await writeSigningKey(directory, key);
  await registerKey(tx, key);
  return key;
}

/** A signing key as the register in the database knows it. */
type RegisteredKey = Pick<SigningKey, 'kid' | 'publicKey' | 'status' | 'createdAt'>;

/** Any fixed number: of processes that start or rotate at once, one works and the others wait. */
const REGISTER_LOCK = 7_220_108;

/** Every key ever registered, the newest first. Read each time, also within a transaction. */
function registeredKeys(em: EntityManager): Promise<RegisteredKey[]> {
  return em.findAll(SigningKey, { orderBy: { createdAt: 'desc', kid: 'desc' }, disableIdentityMap: true });
}

/** Until the transaction ends, no other process changes the register. */
async function lockRegister(tx: EntityManager): Promise<void> {
  // Raw: a lock of no table. Processes that start at once may have to wait longer than anybody may wait for a row; the time of a
  // statement is counted from what was set before it.
  await tx.execute(`select set_config('lock_timeout', '30s', true), set_config('statement_timeout', '30s', true)`);
  await tx.execute('select pg_advisory_xact_lock(?)', [REGISTER_LOCK]);
}

/** Registers a key's public half as active. A key that is known already keeps the status that it has. */
async function registerKey(tx: EntityManager, { kid, kty, crv, x }: PrivateSigningKey): Promise<void> {
  await kyselyOf(tx)
    .insertInto('SigningKey')
    .values({ kid, publicKey: { kty, crv, x } })
    .onConflict((conflict) => conflict.column('kid').doNothing())
    .execute();
}

/** Retires every active key but that one: the others go on verifying what they have signed. */
async function retireAllBut(tx: EntityManager, kid: string): Promise<void> {
  const others = { status: 'active', kid: { $ne: kid } } as const;
  await tx.nativeUpdate(SigningKey, others, { status: 'retired', retiredAt: raw('now()') });
}

/** Revokes a key permanently; false when there is no such key. Repeating it is harmless. */
async function markRevoked(tx: EntityManager, kid: string): Promise<boolean> {
  const revokedAt = raw('coalesce(revoked_at, now())');
  return (await tx.nativeUpdate(SigningKey, { kid }, { status: 'revoked', revokedAt })) > 0;
}
