import { chmod, link, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { base64url } from 'jose';
import { z } from 'zod';
import { codeOf, shortMessageOf } from './error-facts.ts';

/** A key file is missing, cannot be read or is none. It is read again as soon as somebody has put it right. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** A ring of secret keys: the first one closes what is new, all of them open (the others are on their way in or out). */
export type SecretKeyRing = readonly [SecretKey, ...SecretKey[]];
export interface SecretKey {
  readonly kid: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** What alone it may be used for (RFC 7517, 4.3); absent: everything. */
  readonly operations?: readonly string[];
}

/** The ring of master keys: they wrap the data keys. */
export type MasterKey = SecretKeyRing;

const privateSigningKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1),
  x: z.string().length(43),
  d: z.string().length(43),
});
/** An Ed25519 key pair as a private JWK (RFC 8037). */
export type PrivateSigningKey = z.infer<typeof privateSigningKey>;

const octetKey = z.object({
  kty: z.literal('oct'),
  kid: z.string().min(1),
  k: z.string().length(43),
  key_ops: z.array(z.string()).optional(),
});

/** Where secret keys come from: a folder that the service fills itself, or a file that the operator fills. */
export type KeySource = { readonly directory: string } | { readonly file: string };

/**
 * Reads the master key; in a folder it is made on first use, unless `mayMake` forbids it, and of processes that start at
 * once all get the same one. A file holds one `oct` JWK of 32 bytes, or a JWK Set whose first key wraps. Throws
 * `KeysUnavailable`, which names the setting.
 */
export async function loadMasterKey(source: KeySource, mayMake = async () => true): Promise<MasterKey> {
  if ('directory' in source) await ensureMasterKey(source.directory, mayMake);
  return readSecretKeys(masterKeyFile(source), 'file' in source ? 'MASTER_KEY_FILE' : 'DATA_DIR');
}

/** Reads one `oct` JWK of 32 bytes, or a JWK Set of such. Throws `KeysUnavailable`, which names the setting. */
export async function readSecretKeys(file: string, setting: string): Promise<SecretKeyRing> {
  const keys = parseKeys(await readSecret(file, setting), octetKey, `${setting} (${file})`);
  const [first, ...others] = keys.map(({ kid, k, key_ops: operations }) => ({
    kid,
    key: base64url.decode(k),
    operations,
  }));
  if (!first) throw new KeysUnavailable(`${setting} (${file}) holds no key`);
  return [first, ...others];
}

/** Gives the master key as its file has it now: a key that is put back or exchanged needs no restart. */
export function masterKeyReader(source: KeySource, mayMake?: () => Promise<boolean>): () => Promise<MasterKey> {
  let known: { readonly stamp: string; readonly key: MasterKey } | undefined;
  return async () => {
    const stamp = await keysStamp({ file: masterKeyFile(source) });
    if (known === undefined || stamp === 'missing' || known.stamp !== stamp) {
      known = { stamp, key: await loadMasterKey(source, mayMake) };
    }
    return known.key;
  };
}

const MASTER_KEY = 'master.jwk.json';

function masterKeyFile(source: KeySource): string {
  return 'file' in source ? source.file : join(source.directory, MASTER_KEY);
}

/** A new master key, as `MASTER_KEY_FILE` wants it. */
export const generateMasterKey = () => generateSecretKey('master');

/** A new payload key, as `PAYLOAD_KEYS_FILE` wants it. */
export const generatePayloadKey = () => generateSecretKey('payload');

function generateSecretKey(purpose: 'master' | 'payload'): z.infer<typeof octetKey> {
  return { kty: 'oct', kid: `${purpose}-${randomUUID()}`, k: base64url.encode(randomBytes(32)) };
}

/** Reads every private signing key of the source, the oldest first. A folder that is not there yet holds none. */
export async function readSigningKeys(source: KeySource): Promise<PrivateSigningKey[]> {
  if ('file' in source) {
    const text = await readSecret(source.file, 'ECHECK_KEYS_FILE');
    return parseKeys(text, privateSigningKey, `ECHECK_KEYS_FILE (${source.file})`);
  }
  const names = (await listed(source.directory)).filter((name) => /^echeck-.*\.jwk\.json$/.test(name)).toSorted();
  const files = names.map((name) => join(source.directory, name));
  return (
    await Promise.all(
      files.map(async (file) => parseKeys(await readSecret(file, 'DATA_DIR'), privateSigningKey, `DATA_DIR (${file})`)),
    )
  ).flat();
}

/** A text that changes whenever somebody replaces the file or adds one to the folder; reading it costs next to nothing. */
export async function keysStamp(source: KeySource): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat('file' in source ? source.file : source.directory);
    return `${ino}:${mtimeMs}:${size}`;
  } catch (error) {
    // Reading the keys will say what is missing, in words that name the setting.
    if (codeOf(error) === 'ENOENT') return 'missing';
    throw notKept('directory' in source ? source.directory : source.file, error);
  }
}

/** Keeps a new private signing key in the folder. Its name sorts by the time it was made. */
export async function writeSigningKey(directory: string, key: PrivateSigningKey): Promise<void> {
  await writeOnce(directory, `${key.kid}.jwk.json`, JSON.stringify(key));
}

async function ensureMasterKey(directory: string, mayMake: () => Promise<boolean>): Promise<void> {
  if ((await listed(directory)).includes(MASTER_KEY)) return;
  if (!(await mayMake())) {
    const file = join(directory, MASTER_KEY);
    throw new KeysUnavailable(`the master key ${file} (DATA_DIR) is missing, and data is sealed by it: put it back`);
  }
  await writeOnce(directory, MASTER_KEY, JSON.stringify(generateMasterKey()));
}

/**
 * Writes a file that nobody ever sees half-written and that is never overwritten: when another process was first, its
 * file stays. Synced before it gets its name, because what it seals or signs is worth nothing without it.
 */
async function writeOnce(directory: string, name: string, text: string): Promise<void> {
  const draft = join(directory, `.${randomUUID()}.tmp`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    await writeSynced(draft, `${text}\n`);
  } catch (error) {
    throw notKept(directory, error);
  }
  try {
    await link(draft, join(directory, name));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  const folder = await open(directory);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function listed(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw notKept(directory, error);
  }
}

/** The system's error itself is no cause: its code could be taken for the database's. */
function notKept(path: string, error: unknown): KeysUnavailable {
  const why = shortMessageOf(error);
  return new KeysUnavailable(
    `keys cannot be kept at ${path} (${why}): set DATA_DIR to a folder of this user, or MASTER_KEY_FILE and ECHECK_KEYS_FILE`,
  );
}

async function readSecret(file: string, setting: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new KeysUnavailable(`${setting} names ${file}, which cannot be read (${shortMessageOf(error)})`);
  }
}

/** Accepts one JWK or a JWK Set. Says what is wrong without ever repeating the secret. */
function parseKeys<T>(text: string, schema: z.ZodType<T>, origin: string): T[] {
  try {
    const json: unknown = JSON.parse(text);
    const set = z.object({ keys: z.array(schema).min(1) }).safeParse(json);
    return set.success ? set.data.keys : [schema.parse(json)];
  } catch {
    throw new KeysUnavailable(`${origin} must hold a JWK, or a JWK Set {"keys": [...]}, of the right kind`);
  }
}
