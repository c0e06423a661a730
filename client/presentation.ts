import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWK,
} from 'jose';
import { ALGORITHM, type DeliverTo, type Line } from './party-messages.ts';

const TYPE = 'presentation+jwt';

/** A terminal's own key: an order that names it (`terminalKey`) has a check that nobody else presents. */
export interface TerminalKey {
  /** `terminalKey` of an order: the public half. */
  readonly publicKey: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  /** `cnf.jkt` of the order's check (RFC 7638). */
  readonly thumbprint: string;
  readonly signing: CryptoKey;
}

/** Opens a terminal's key file, one private JWK; it is made, for this user only (0600), where there is none. Throws for any other file. */
export async function loadTerminalKey(file: string): Promise<TerminalKey> {
  await makeUnlessThere(file);
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new Error(`${file} can be read by others than its owner: chmod 600 ${file}`);
  const jwk = parseKey(file, await readFile(file, 'utf8'));
  const signing = await importJWK(jwk, ALGORITHM);
  const publicKey = { kty: 'OKP', crv: 'Ed25519', x: jwk.x } as const;
  return { publicKey, thumbprint: await calculateJwkThumbprint(publicKey), signing: signing as CryptoKey };
}

/** What the terminal signs: the very check, with the goods and the address of its order. */
export interface Presentation {
  readonly echeck: string;
  readonly lines: readonly Line[];
  readonly deliverTo: DeliverTo;
}

/** `presentation` of `POST /v1/orders/{orderId}/presentation`: check, goods and address in one signed message. */
export function signPresentation(
  { publicKey, signing }: TerminalKey,
  { echeck, lines, deliverTo }: Presentation,
  issuedAt = new Date(),
): Promise<string> {
  const goods = lines.map(({ sku, quantity }) => ({ sku, quantity }));
  const iat = Math.floor(issuedAt.getTime() / 1000);
  return new SignJWT({ iat, digest: digestOf(echeck), lines: goods, deliverTo })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, jwk: { ...publicKey } })
    .sign(signing);
}

/**
 * What a bound terminal has signed about this check, for its seller: `thumbprint` is the check's own `cnf.jkt`. The key is the one
 * that the message brings, or `key` where it brings none, and counts only when it has that thumbprint. Returns `undefined` when the
 * message is not good.
 */
export async function verifyPresentation(
  jws: string,
  check: { readonly echeck: string; readonly thumbprint: string; readonly key?: JWK },
): Promise<Omit<Presentation, 'echeck'> | undefined> {
  try {
    const { jwk = check.key } = decodeProtectedHeader(jws);
    if (!jwk || (await calculateJwkThumbprint(jwk)) !== check.thumbprint) return undefined;
    const key = await importJWK(jwk, ALGORITHM);
    const { payload } = await jwtVerify(jws, key, { algorithms: [ALGORITHM], typ: TYPE });
    const { digest, echeckDigest, echeck, lines, deliverTo } = payload;
    const named = [digest, echeckDigest, echeck].filter((one) => one !== undefined);
    const isOfCheck = (one: unknown) => one === check.echeck || one === digestOf(check.echeck);
    if (named.length === 0 || !named.every(isOfCheck) || !Array.isArray(lines)) return undefined;
    return { lines, deliverTo } as Omit<Presentation, 'echeck'>;
  } catch {
    // Whatever the reason: it is not by that terminal.
    return undefined;
  }
}

function digestOf(echeck: string): string {
  return createHash('sha256').update(echeck).digest('base64url');
}

function parseKey(file: string, json: string): JWK & { readonly x: string } {
  const jwk = Object(JSON.parse(json)) as JWK;
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || jwk.x === undefined || jwk.d === undefined)
    throw new Error(`${file} must hold a private Ed25519 JWK`);
  return { ...jwk, x: jwk.x };
}

async function makeUnlessThere(file: string): Promise<void> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // Two terminals that begin at once have one key: the first one's.
    await writeFile(file, `${JSON.stringify(await exportJWK(privateKey))}\n`, { flag: 'wx', mode: 0o600 });
    await chmod(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
