import { chmod, link, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { base64url } from 'jose';
import { z } from 'zod';

/** The master key ring: the first key wraps data keys, the others only unwrap (they are on their way out). */
export type MasterKey = readonly [WrappingKey, ...WrappingKey[]];
export interface WrappingKey {
  readonly kid: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

const privateSigningKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1),
  x: z.string().length(43),
  d: z.string().length(43),
});
/** An Ed25519 key pair as a private JWK (RFC 8037). */
export type PrivateSigningKey = z.infer<typeof privateSigningKey>;

const octetKey = z.object({ kty: z.literal('oct'), kid: z.string().min(1), k: z.string().length(43) });

/** Where secret keys come from: a folder that the service fills itself, or a file (a docker secret) that the operator fills. */
export type KeySource = { readonly directory: string } | { readonly file: string };

/**
 * Reads the master key; in a folder it is made on first use, and of processes that start at once all get the same one.
 * A file holds one `oct` JWK of 32 bytes, or a JWK Set whose first key wraps. Errors name `MASTER_KEY_FILE`.
 */
export async function loadMasterKey(source: KeySource): Promise<MasterKey> {
  const keys =
    'file' in source
      ? parseKeys(await readSecret(source.file, 'MASTER_KEY_FILE'), octetKey, `MASTER_KEY_FILE (${source.file})`)
      : await firstMasterKey(source.directory);
  const [first, ...others] = keys.map(({ kid, k }) => ({ kid, key: base64url.decode(k) }));
  if (!first) throw new Error('MASTER_KEY_FILE holds no key');
  return [first, ...others];
}

/** A new master key, as `MASTER_KEY_FILE` wants it. */
export function generateMasterKey(): z.infer<typeof octetKey> {
  return { kty: 'oct', kid: `master-${randomUUID()}`, k: base64url.encode(randomBytes(32)) };
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
    await Promise.all(files.map(async (file) => parseKeys(await readFile(file, 'utf8'), privateSigningKey, file)))
  ).flat();
}

/** A text that changes whenever somebody replaces the file or adds one to the folder; reading it costs next to nothing. */
export async function keysStamp(source: KeySource): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat('file' in source ? source.file : source.directory);
    return `${ino}:${mtimeMs}:${size}`;
  } catch (error) {
    // Reading the keys will say what is missing, in words that name the setting.
    if (hasCode(error, 'ENOENT')) return 'missing';
    throw error;
  }
}

/** Keeps a new private signing key in the folder. Its name sorts by the time it was made. */
export async function writeSigningKey(directory: string, key: PrivateSigningKey): Promise<void> {
  await writeOnce(directory, `${key.kid}.jwk.json`, JSON.stringify(key));
}

async function firstMasterKey(directory: string): Promise<z.infer<typeof octetKey>[]> {
  const name = 'master.jwk.json';
  if (!(await listed(directory)).includes(name)) {
    await writeOnce(directory, name, JSON.stringify(generateMasterKey()));
  }
  const file = join(directory, name);
  return parseKeys(await readFile(file, 'utf8'), octetKey, file);
}

/**
 * Writes a file that nobody ever sees half-written and that is never overwritten: when another process was first, its
 * file stays. Synced before it gets its name, because what it seals or signs is worth nothing without it.
 */
async function writeOnce(directory: string, name: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const draft = join(directory, `.${randomUUID()}.tmp`);
  await writeSynced(draft, `${text}\n`);
  try {
    await link(draft, join(directory, name));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
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
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

async function readSecret(file: string, setting: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Error(`${setting} names ${file}, which cannot be read`, { cause });
  }
}

/** Accepts one JWK or a JWK Set. Says what is wrong without ever repeating the secret. */
function parseKeys<T>(text: string, schema: z.ZodType<T>, origin: string): T[] {
  try {
    const json: unknown = JSON.parse(text);
    const set = z.object({ keys: z.array(schema).min(1) }).safeParse(json);
    return set.success ? set.data.keys : [schema.parse(json)];
  } catch {
    throw new Error(`${origin} must hold a JWK, or a JWK Set {"keys": [...]}, of the right kind`);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
