import { z } from 'zod';
import type { CheckClaims } from '../../domain/echeck.ts';
import { CHECK_NUMBER, ORDER_ID, type CheckNumber, type OrderId } from '../../domain/ids.ts';
import { CURRENCIES } from '../../domain/money.ts';
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { DeliverTo, OrderLine } from '../../domain/order.ts';

const nonEmpty = z.string().min(1);
const seconds = z.int().positive();

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
  distributor: nonEmpty,
  charge: z.object({ amount: z.int().positive(), currency: z.enum(CURRENCIES) }),
  orderDigest: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
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
    distributor: claims.distributorId,
    charge: claims.charge,
    orderDigest: claims.orderDigest,
    status: { status_list: { idx: statusIndex, uri: statusListUri } },
  } satisfies Record<keyof CheckPayload, unknown>);
}

/** Reads a payload back as claims. */
export function claimsOf(payload: CheckPayload): CheckClaims {
  return {
    number: payload.jti,
    orderId: payload.order,
    terminal: payload.terminal,
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
 * SHA-256, base64url, over the canonical JSON (RFC 8785) of lines, address and salt (claims 6, 8).
 * Members beyond the named ones do not count, so a priced line and a plain one have the same digest.
 */
export function orderDigest({ lines, deliverTo, salt }: OrderContent): string {
  const { name, street, city, postalCode, country } = deliverTo;
  return digestOf({
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    deliverTo: { name, street, city, postalCode, country },
    salt,
  });
}

/** SHA-256, base64url, over the canonical JSON of a request body: the order of members and white space do not count. */
export function requestDigest(body: unknown): string {
  return digestOf(body);
}

function digestOf(value: unknown): string {
  const canonical = canonicalize(value);
  if (canonical === undefined) throw new TypeError('a digest needs a JSON value');
  return createHash('sha256').update(canonical, 'utf8').digest('base64url');
}
