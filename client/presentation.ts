import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';
import { ALGORITHM, JOSE_TYPES, type DeliverTo, type Line, type MessageBodies } from './party-messages.ts';

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
  const iat = Math.floor(issuedAt.getTime() / 1000);
  return new SignJWT({ iat, digest: digestOf(echeck), lines: goodsOf(lines), deliverTo })
    .setProtectedHeader({ alg: ALGORITHM, typ: JOSE_TYPES.presentation, jwk: { ...publicKey } })
    .sign(signing);
}

/**
 * True when a presentation is as its check has it, for the seller who was sent it: a check that is bound to a terminal (`cnf`) comes
 * with that terminal's own JWS over exactly this check, these goods and this address; any other comes without one. The check itself
 * must have been verified (`verifyEcheck`).
 */
export async function isOfItsTerminal(body: MessageBodies['presentation']): Promise<boolean> {
  const { echeck, presentation, terminalKey } = body;
  const thumbprint = thumbprintIn(echeck);
  if (thumbprint === undefined || presentation === undefined) return thumbprint === presentation;
  try {
    const { jwk = terminalKey } = decodeProtectedHeader(presentation);
    // A key counts only when it is the one that the check names.
    if (!jwk || (await calculateJwkThumbprint(jwk)) !== thumbprint) return false;
    const { payload } = await jwtVerify(presentation, await importJWK({ ...jwk }, ALGORITHM), {
      algorithms: [ALGORITHM],
      typ: JOSE_TYPES.presentation,
    });
    return saysTheSame(payload, body);
  } catch {
    // Whatever the reason: it is not by that terminal.
    return false;
  }
}

function thumbprintIn(echeck: string): string | undefined {
  const { cnf } = decodeJwt<{ cnf?: { jkt?: string } }>(echeck);
  return cnf?.jkt;
}

function saysTheSame(payload: JWTPayload, { echeck, lines, deliverTo }: MessageBodies['presentation']): boolean {
  const { digest, echeckDigest, echeck: check, lines: signedLines, deliverTo: signedAddress } = payload;
  const named = [digest, echeckDigest, check].filter((one) => one !== undefined);
  const isThisCheck = (one: unknown): boolean => one === echeck || one === digestOf(echeck);
  if (named.length === 0 || !named.every(isThisCheck) || !Array.isArray(signedLines)) return false;
  const signed = { lines: goodsOf(signedLines), deliverTo: signedAddress };
  return isDeepStrictEqual(composed(signed), composed({ lines: goodsOf(lines), deliverTo }));
}

function goodsOf(lines: readonly Line[]): Line[] {
  return lines.map(({ sku, quantity }) => ({ sku, quantity }));
}

/** An accent counts the same however it is spelled. */
function composed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).normalize('NFC'));
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
