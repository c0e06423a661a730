import { compactVerify } from 'jose';
import { isCanonical } from './base64url.ts';
import { ALGORITHM, JOSE_TYPES, type MoneyJson } from './party-messages.ts';
import { isNotGood, officeKeys, type Office } from './office.ts';

/** What a check says. */
export interface Echeck {
  readonly number: string;
  readonly orderId: string;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly buyerId: string;
  readonly terminalId: string;
  readonly charge: MoneyJson;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** RFC 7638 thumbprint of the terminal's key, where the check is bound to one: only that key may present it. */
  readonly terminalKey?: string;
}

export type EcheckRefusal = 'bad_signature' | 'expired' | 'wrong_payee';
export type EcheckVerdict =
  | { readonly valid: true; readonly check: Echeck }
  | { readonly valid: false; readonly reason: EcheckRefusal };

/** How far this clock may run behind the office's. */
const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * Judges a check offline, by the office's public keys: signature, issuer, time, payee. What became of it since (stopped,
 * account frozen) only the office knows: `POST /v1/echecks/validation`, or its signed status list (`readCheckStatus`). Throws when
 * the keys cannot be read.
 */
export async function verifyEcheck(
  jws: string,
  asked: { readonly office: Office; readonly sellerId: string; readonly now?: number },
): Promise<EcheckVerdict> {
  const { office, sellerId, now = Date.now() } = asked;
  const opened = await openEcheck(jws, office);
  if (!opened) return { valid: false, reason: 'bad_signature' };
  const { check, notBefore } = opened;
  const isBegun = now / 1000 + CLOCK_TOLERANCE_SECONDS >= notBefore;
  if (!isBegun || now >= check.expiresAt.getTime()) return { valid: false, reason: 'expired' };
  if (check.sellerId !== sellerId) return { valid: false, reason: 'wrong_payee' };
  return { valid: true, check };
}

/**
 * What a check says, also one that has expired or was paid long ago, when the office has signed it; `undefined` otherwise. Throws when
 * the keys cannot be read.
 */
export async function readEcheck(jws: string, office: Office): Promise<Echeck | undefined> {
  return (await openEcheck(jws, office))?.check;
}

type Claims = Readonly<Record<string, unknown>>;

/** A check that the office has signed, with what its verifier needs besides. */
export interface OpenedEcheck {
  readonly check: Echeck;
  /** Seconds since the epoch; never, where it does not say. */
  readonly notBefore: number;
  /** Its place in the office's status list. */
  readonly statusPlace?: { readonly idx: number; readonly uri: string };
}

/** Opens a check whose signature, type and issuer are the office's. Throws when the keys cannot be read. */
export async function openEcheck(jws: string, office: Office): Promise<OpenedEcheck | undefined> {
  const claims = isCanonical(jws) ? await officeClaims(jws, { office, typ: JOSE_TYPES.echeck }) : undefined;
  const check = claims && checkFrom(claims);
  if (!check || claims['iss'] !== office.issuer) return undefined;
  const { nbf, status } = claims;
  const { idx, uri } = objectIn(objectIn(status)['status_list']);
  const hasPlace = Number.isSafeInteger(idx) && Number(idx) >= 0 && typeof uri === 'string';
  return {
    check,
    notBefore: typeof nbf === 'number' ? nbf : Number.POSITIVE_INFINITY,
    ...(hasPlace && { statusPlace: { idx: Number(idx), uri } }),
  };
}

/** The claims of a JWS of that type by a key of the office; `undefined` when it is none. Throws when the keys cannot be read. */
export async function officeClaims(
  jws: string,
  { office, typ }: { readonly office: Office; readonly typ: string },
): Promise<Claims | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, officeKeys(office), { algorithms: [ALGORITHM] });
    if (protectedHeader.typ !== typ) return undefined;
    return objectIn(JSON.parse(new TextDecoder().decode(payload)));
  } catch (error) {
    if (isNotGood(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A check that lacks charge or terminal is none. */
function checkFrom({ jti, aud, iat, exp, cnf, order, terminal, distributor, charge }: Claims): Echeck | undefined {
  const { buyerId, terminalId } = objectIn(terminal);
  const { amount, currency } = objectIn(charge);
  const texts = {
    number: jti,
    orderId: order,
    sellerId: aud,
    distributorId: distributor,
    buyerId,
    terminalId,
    currency,
  };
  if (!Object.values(texts).every((text) => typeof text === 'string' && text !== '')) return undefined;
  if (!isPositive(amount) || !isPositive(iat) || !isPositive(exp)) return undefined;
  const { currency: _, ...parties } = texts;
  const { jkt: terminalKey } = objectIn(cnf);
  const dates = { issuedAt: new Date(iat * 1000), expiresAt: new Date(exp * 1000) };
  return { ...parties, ...dates, charge: { amount, currency }, ...(cnf !== undefined && { terminalKey }) } as Echeck;
}

function isPositive(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function objectIn(value: unknown): Claims {
  return typeof value === 'object' && value !== null ? (value as Claims) : {};
}
