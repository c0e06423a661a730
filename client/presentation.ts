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
  type JWTPayload,
} from 'jose';
import { sha256 } from './base64url.ts';
import { ALGORITHM, JOSE_TYPES, type DeliverTo, type Line, type MessageBodies } from './party-messages.ts';
import { isSameJson } from './same-json.ts';

/** A terminal's own key: an order that names it (`terminalKey`) has a check that nobody else presents. */
export interface TerminalKey {
  /** `terminalKey` of an order: the public half. */
  readonly publicKey: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  /** `cnf.jkt` of the order's check (RFC 7638). */
  readonly thumbprint: string;
  readonly signing: CryptoKey;
}

/**
 * A new terminal key whose private half cannot be read out, by nobody. A browser keeps it in IndexedDB, which takes such an object as it
 * is; a program that must find its key again after its end uses a file (`loadTerminalKey`).
 */
export async function newTerminalKey(): Promise<TerminalKey> {
  const pair = await generateKeyPair(ALGORITHM, { crv: 'Ed25519' });
  const { x = '' } = await exportJWK(pair.publicKey);
  return terminalKeyOf(x, pair.privateKey);
}

/** The terminal key of a private half, by the `x` of its public half. */
export async function terminalKeyOf(x: string, signing: CryptoKey): Promise<TerminalKey> {
  const publicKey = { kty: 'OKP', crv: 'Ed25519', x } as const;
  return { publicKey, thumbprint: await calculateJwkThumbprint(publicKey), signing };
}

/** What the terminal signs: the very check, with the goods and the address of its order. */
export interface Presentation {
  readonly echeck: string;
  readonly lines: readonly Line[];
  readonly deliverTo: DeliverTo;
}

/** `presentation` of `POST /v1/orders/{orderId}/presentation`: check, goods and address in one signed message. */
export async function signPresentation(
  { publicKey, signing }: TerminalKey,
  { echeck, lines, deliverTo }: Presentation,
  issuedAt = new Date(),
): Promise<string> {
  const iat = Math.floor(issuedAt.getTime() / 1000);
  return new SignJWT({ iat, digest: await sha256(echeck), lines: goodsOf(lines), deliverTo })
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
    return saysTheSame(payload, body, await sha256(echeck));
  } catch {
    // Whatever the reason: it is not by that terminal.
    return false;
  }
}

function thumbprintIn(echeck: string): string | undefined {
  const { cnf } = decodeJwt<{ cnf?: { jkt?: string } }>(echeck);
  return cnf?.jkt;
}

function saysTheSame(payload: JWTPayload, body: MessageBodies['presentation'], digestOfCheck: string): boolean {
  const { digest, echeckDigest, echeck, lines, deliverTo } = payload;
  const named = [digest, echeckDigest, echeck].filter((one) => one !== undefined);
  const isThisCheck = (one: unknown): boolean => one === body.echeck || one === digestOfCheck;
  if (named.length === 0 || !named.every(isThisCheck) || !Array.isArray(lines)) return false;
  const signed = { lines: goodsOf(lines), deliverTo };
  return isSameJson(composed(signed), composed({ lines: goodsOf(body.lines), deliverTo: body.deliverTo }));
}

function goodsOf(lines: readonly Line[]): Line[] {
  return lines.map(({ sku, quantity }) => ({ sku, quantity }));
}

/** An accent counts the same however it is spelled. */
function composed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).normalize('NFC'));
}
