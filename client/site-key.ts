import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  CompactSign,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  type CryptoKey,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { ALGORITHM } from './party-messages.ts';

/** A site's own key: signs its receipts and instructions, and publishes the public half. */
export interface SiteKey {
  /** Signs a payload as a compact JWS of that `typ`. The signature of the same payload is the same every time (Ed25519). */
  sign(typ: string, payload: object): Promise<string>;
  /** What belongs at `/.well-known/jwks.json`: the key in use and those before it, public halves only. */
  publicJwks(): Promise<JSONWebKeySet>;
}

/**
 * Opens the site's key file, a JWK Set whose first key signs (a single private JWK will do). It is made, for this user only
 * (0600), where there is none. Read again when it has changed: a rotation (`rotateSiteKey`) needs no restart.
 */
export async function loadSiteKey(file: string): Promise<SiteKey> {
  await makeUnlessThere(file);
  const keys = reader(file);
  await keys();
  return {
    async sign(typ, payload) {
      const { kid, signing } = await keys();
      return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
        .setProtectedHeader({ alg: ALGORITHM, typ, kid })
        .sign(signing);
    },
    publicJwks: async () => (await keys()).published,
  };
}

/** From now on a new key signs. The former keys stay published, without their private halves: what they signed stays good. */
export async function rotateSiteKey(file: string): Promise<void> {
  const former = await readKeys(file);
  await write(file, { keys: [await newKey(), ...former.map(publicHalf)] });
}

/** Whether a JWS of the site's own names a key that it publishes. One by a key that was lost can be verified by nobody any more. */
export async function isByPublishedKey(key: SiteKey, jws: string): Promise<boolean> {
  const { kid } = decodeProtectedHeader(jws);
  return (await key.publicJwks()).keys.some((published) => published.kid === kid);
}

interface KeysInUse {
  readonly kid: string;
  readonly signing: CryptoKey;
  readonly published: JSONWebKeySet;
}

function reader(file: string): () => Promise<KeysInUse> {
  let known: { readonly stamp: string; readonly keys: Promise<KeysInUse> } | undefined;
  return async () => {
    const { ino, mtimeMs, size } = await stat(file);
    const stamp = `${ino}:${mtimeMs}:${size}`;
    if (known?.stamp !== stamp) known = { stamp, keys: readInUse(file) };
    return known.keys;
  };
}

async function readInUse(file: string): Promise<KeysInUse> {
  const keys = await readKeys(file);
  const [first] = keys;
  const signing = first?.d === undefined ? undefined : await importJWK(first, ALGORITHM);
  if (first?.kid === undefined || signing === undefined || signing instanceof Uint8Array)
    throw new Error(`${file}: its first key must be a private Ed25519 JWK with a kid`);
  return { kid: first.kid, signing, published: { keys: keys.map(publicHalf) } };
}

async function readKeys(file: string): Promise<JWK[]> {
  const json: unknown = JSON.parse(await readFile(file, 'utf8'));
  const keys = typeof json === 'object' && json !== null && 'keys' in json ? json.keys : [json];
  if (Array.isArray(keys) && keys.length > 0 && keys.every(isEd25519)) return keys;
  throw new Error(`${file} must hold an Ed25519 JWK with a kid, or a JWK Set of such`);
}

function isEd25519(key: unknown): key is JWK {
  const { kty, crv, kid, x } = Object(key) as Record<string, unknown>;
  return kty === 'OKP' && crv === 'Ed25519' && typeof kid === 'string' && kid !== '' && typeof x === 'string';
}

/** Names what may be published: nothing else of a key ever is. */
function publicHalf({ kty, crv, kid, x }: JWK): JWK {
  return { kty, crv, kid, x, alg: ALGORITHM, use: 'sig' };
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  const time = new Date().toISOString().replace(/[-:.]/g, '');
  return { ...(await exportJWK(privateKey)), kid: `site-${time}-${randomUUID().slice(0, 8)}` };
}

async function makeUnlessThere(file: string): Promise<void> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (!isThere) await write(file, { keys: [await newKey()] });
}

/** Nobody ever reads half a file, and no key signs before it is safe on disk. */
async function write(file: string, keys: JSONWebKeySet): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}.tmp`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(keys)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(draft, 0o600);
  await rename(draft, file);
}
