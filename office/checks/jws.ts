import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { compactVerify, type CryptoKey } from 'jose';
import { z } from 'zod';
import { ADDRESS_PARTS } from '../../domain/address.ts';
import { CHECK_ALGORITHM, CHECK_TYPE, type CheckClaims, type CheckRefusal } from '../../domain/echeck.ts';
import { type CheckNumber, CHECK_NUMBER, ORDER_ID, type OrderId } from '../../domain/ids.ts';
import { isCanonicalBase64url } from '../../platform/base64url.ts';
import { CURRENCIES } from '../../domain/money.ts';
import type { DeliverTo, OrderLine } from '../../domain/order.ts';

/** What a verifier needs: public keys and the issuer that it trusts. It needs no database, so it works offline as well. */
export interface CheckVerifier {
  /** The public key of that id; `undefined` when it is unknown or revoked. */
  readonly keyFor: (kid: string) => Promise<CryptoKey | undefined>;
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export type Verification =
  | { readonly ok: true; readonly claims: CheckClaims; readonly kid: string; readonly statusList: StatusReference }
  | { readonly ok: false; readonly reason: CheckRefusal; readonly detail: string; readonly number?: CheckNumber };

/** Where a check's later fate is published: its place in which status list. */
export interface StatusReference {
  readonly idx: number;
  readonly uri: string;
}

/** Exactly these members: a header that names its own key or an extension is none of ours (RFC 8725, 3.1 and 3.10). */
const header = z.strictObject({
  alg: z.literal(CHECK_ALGORITHM),
  typ: z.literal(CHECK_TYPE),
  kid: z.string().min(1),
});

/** How far a verifier's clock may run behind the issuer's. */
const CLOCK_TOLERANCE_MS = 5_000;

/**
 * Says whether a compact JWS is a check of this issuer, unchanged and within its time. Algorithm and type are pinned,
 * every critical extension is refused, and so is each spelling but the canonical one: no byte can change unnoticed.
 */
export async function verifyCheckWith(jws: string, verifier: CheckVerifier): Promise<Verification> {
  const signed = await verifySignature(jws, verifier);
  if (typeof signed === 'string') return refused('bad_signature', signed);
  const { payload, kid } = signed;
  if (payload.iss !== verifier.issuer)
    return refused('bad_signature', `issued by ${payload.iss}, not ${verifier.issuer}`);
  const now = verifier.now();
  if (now >= payload.exp * 1000) return refused('expired', 'its time has run out', payload.jti);
  if (now + CLOCK_TOLERANCE_MS < payload.nbf * 1000) return refused('expired', 'its time has not begun', payload.jti);
  return { ok: true, claims: claimsOf(payload), kid, statusList: payload.status.status_list };
}

/** `number` only where the signature holds: what somebody else wrote is not repeated. */
function refused(reason: CheckRefusal, detail: string, number?: CheckNumber): Verification {
  return { ok: false, reason, detail, number };
}

/** The payload when the signature holds; otherwise what is wrong, in words. */
async function verifySignature(
  jws: string,
  { keyFor }: CheckVerifier,
): Promise<{ payload: CheckPayload; kid: string } | string> {
  const parts = jws.split('.');
  if (parts.length !== 3 || !parts.every((part) => part !== '' && isCanonicalBase64url(part)))
    return 'no compact JWS in canonical base64url';
  const protectedHeader = header.safeParse(jsonOf(parts[0]));
  if (!protectedHeader.success) return `the header must say exactly alg ${CHECK_ALGORITHM}, typ ${CHECK_TYPE} and kid`;
  const { kid } = protectedHeader.data;
  const key = await keyFor(kid);
  if (!key) return 'signed with a key that is unknown or revoked';
  try {
    await compactVerify(jws, key, { algorithms: [CHECK_ALGORITHM] });
  } catch {
    return 'the signature does not fit';
  }
  const payload = checkPayload.safeParse(jsonOf(parts[1]));
  return payload.success ? { payload: payload.data, kid } : 'the payload lacks what a check must say';
}

/** What a part of a JWS says; `undefined` when it is no JSON. */
export function jsonOf(part: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

const nonEmpty = z.string().min(1);
const seconds = z.int().positive();
/** SHA-256 in base64url. */
const sha256Text = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/**
 * The payload of a check's JWS. Charge and terminal information are required (claim 6): what lacks them is no check.
 * `aud` is the seller, the only one whom the check pays; `jti` is the number.
 */
export const checkPayload = z.object({
  iss: nonEmpty,
  jti: z.custom<CheckNumber>((text) => typeof text === 'string' && CHECK_NUMBER.test(text)),
  aud: nonEmpty,
  iat: seconds,
  nbf: seconds,
  exp: seconds,
  order: z.custom<OrderId>((text) => typeof text === 'string' && ORDER_ID.test(text)),
  terminal: z.object({ buyerId: nonEmpty, terminalId: nonEmpty }),
  /** A bound check: the thumbprint of its terminal's key. */
  cnf: z.object({ jkt: sha256Text }).optional(),
  distributor: nonEmpty,
  charge: z.object({ amount: z.int().positive(), currency: z.enum(CURRENCIES) }),
  orderDigest: sha256Text,
  /** Token Status List: where the check's later fate is published. */
  status: z.object({ status_list: z.object({ idx: z.int().nonnegative(), uri: nonEmpty }) }),
});
export type CheckPayload = z.infer<typeof checkPayload>;

/** Writes claims as a payload. Throws `ZodError` when the claims make no check. */
export function payloadOf(
  claims: CheckClaims,
  statusIndex: number,
  { issuer, statusListUri }: CheckIssuer,
): CheckPayload {
  const issuedAt = secondsOf(claims.issuedAt);
  return checkPayload.parse({
    iss: issuer,
    jti: claims.number,
    aud: claims.sellerId,
    iat: issuedAt,
    nbf: issuedAt,
    exp: secondsOf(claims.expiresAt),
    order: claims.orderId,
    terminal: claims.terminal,
    ...(claims.cnf && { cnf: claims.cnf }),
    distributor: claims.distributorId,
    charge: claims.charge,
    orderDigest: claims.orderDigest,
    status: { status_list: { idx: statusIndex, uri: statusListUri } },
  } satisfies Record<Exclude<keyof CheckPayload, 'cnf'>, unknown>);
}

/** Reads a payload back as claims. */
export function claimsOf(payload: CheckPayload): CheckClaims {
  return {
    number: payload.jti,
    orderId: payload.order,
    terminal: payload.terminal,
    ...(payload.cnf && { cnf: payload.cnf }),
    sellerId: payload.aud,
    distributorId: payload.distributor,
    charge: payload.charge,
    orderDigest: payload.orderDigest,
    issuedAt: instantOf(payload.iat),
    expiresAt: instantOf(payload.exp),
  };
}

/** Who issues checks, and the URI under which their status list is published. */
export interface CheckIssuer {
  readonly issuer: string;
  readonly statusListUri: string;
}

/** A JWT counts whole seconds: the part of a second is dropped, so that no check lives longer than it was to. */
function secondsOf(instant: string): number {
  return Math.floor(Date.parse(instant) / 1000);
}

function instantOf(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString();
}

/** What a check binds itself to beside the charge: the goods and where they go. */
export interface OrderContent {
  readonly lines: readonly OrderLine[];
  readonly deliverTo: DeliverTo;
  /** Random text kept with the sealed address: without it nobody finds the address by trying likely ones. */
  readonly salt: string;
}

/**
 * SHA-256, base64url, over the canonical JSON (RFC 8785) of lines, address and salt (claims 6, 8), in Unicode's NFC: an accent
 * counts the same however it is spelled. Absent parts of the address are left out, and members beyond the named ones do not
 * count, so a priced line and a plain one have the same digest.
 */
export function orderDigest(content: OrderContent): string {
  return sha256(canonicalOf(partsOf(content)).normalize('NFC'));
}

/** The same as checks had it that were issued before texts were compared in NFC. */
export function formerOrderDigest(content: OrderContent): string {
  return sha256(canonicalOf(partsOf(content)));
}

function partsOf({ lines, deliverTo, salt }: OrderContent): unknown {
  return {
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    deliverTo: Object.fromEntries(ADDRESS_PARTS.map((part) => [part, deliverTo[part]])),
    salt,
  };
}

/**
 * SHA-256, base64url, over the canonical JSON of a request body, in NFC: the order of members, white space between them and
 * the spelling of accents do not count.
 */
export function requestDigest(body: unknown): string {
  return sha256(canonicalOf(body).normalize('NFC'));
}

/** Nothing in JSON's own syntax changes under NFC: no quote, bracket or comma composes with what follows it. */
function canonicalOf(value: unknown): string {
  const canonical = canonicalize(value);
  if (canonical === undefined) throw new TypeError('a digest needs a JSON value');
  return canonical;
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url');
}
