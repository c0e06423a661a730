import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, importJWK, jwtVerify, type ProtectedHeaderParameters } from 'jose';
import { z } from 'zod';
import { CHECK_ALGORITHM, type TerminalKey } from '../../domain/echeck.ts';
import { MOST_LINES, type DeliverTo, type OrderLine } from '../../domain/order.ts';
import { JOSE_TYPES, RECEIPT_LIMITS } from '../../domain/party-messages.ts';
import { isCanonicalBase64url } from '../../platform/base64url.ts';

/** What a bound terminal has signed: this check, for these goods, to that address (claims 1, 8). */
export interface SignedPresentation {
  /** SHA-256 (base64url) of the check's compact text. */
  readonly digest: string;
  readonly lines: readonly OrderLine[];
  readonly deliverTo: DeliverTo;
}

/** The RFC 7638 thumbprint (SHA-256, base64url) by which a check names its terminal's key. */
export function thumbprintOf(key: TerminalKey): Promise<string> {
  return calculateJwkThumbprint(key);
}

/**
 * True for a point of small order, in any of its spellings: with many implementations anybody can sign under such a "key", so it
 * proves nobody. The list is libsodium's (`ge25519_has_small_order`), without the bit of the sign.
 */
export function isAnybodysKey({ x }: TerminalKey): boolean {
  const point = Buffer.from(x, 'base64url');
  const [last = 0] = point.subarray(-1);
  return SMALL_ORDER.has(Buffer.from([...point.subarray(0, -1), last & 0x7f]).toString('hex'));
}

const SMALL_ORDER: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

/** SHA-256, base64url, of a check's compact text: how a presentation names its check. */
export function checkDigest(echeck: string): string {
  return createHash('sha256').update(echeck, 'ascii').digest('base64url');
}

/**
 * What a bound terminal's presentation says, when the signature is by the key of its order; `undefined` when it is not, or when it is
 * none: another type or algorithm, not canonical, out of its time, or it lacks check, lines or address. A key in the header is
 * compared, never used.
 */
export async function openPresentation(
  jws: string,
  key: TerminalKey,
  now: Date,
): Promise<SignedPresentation | undefined> {
  if (!jws.split('.').every(isCanonicalBase64url)) return undefined;
  try {
    const options = { algorithms: [CHECK_ALGORITHM], typ: JOSE_TYPES.presentation, currentDate: now };
    const { payload, protectedHeader } = await jwtVerify(jws, await importJWK(key, CHECK_ALGORITHM), options);
    if (await namesOtherKey(protectedHeader, key)) return undefined;
    if ((payload.iat ?? 0) * 1000 > now.getTime() + RECEIPT_LIMITS.clockSkewMs) return undefined;
    return signedPresentation.safeParse(payload).data;
  } catch {
    // Whatever the reason: it is not by this terminal, or not what it must be.
    return undefined;
  }
}

async function namesOtherKey({ jwk }: ProtectedHeaderParameters, key: TerminalKey): Promise<boolean> {
  return jwk !== undefined && (await calculateJwkThumbprint(jwk)) !== (await thumbprintOf(key));
}

const DIGEST = /^[A-Za-z0-9_-]{43}$/;
/** The check as its digest, or as itself. */
const check = z
  .string()
  .max(8192)
  .transform((text) => (DIGEST.test(text) ? text : checkDigest(text)))
  .optional();

/** Members beyond these do not count: neither does the order's digest know them. */
const signedPresentation = z
  .object({
    digest: check,
    echeckDigest: check,
    echeck: check,
    lines: z
      .array(z.object({ sku: z.string(), quantity: z.int() }))
      .min(1)
      .max(MOST_LINES),
    deliverTo: z.object({
      name: z.string(),
      company: z.string().optional(),
      street: z.string(),
      street2: z.string().optional(),
      city: z.string().optional(),
      region: z.string().optional(),
      postalCode: z.string().optional(),
      country: z.string(),
      phone: z.string().optional(),
      note: z.string().optional(),
    } satisfies Record<keyof DeliverTo, z.ZodType>),
  })
  .transform(({ lines, deliverTo, ...named }, context): SignedPresentation => {
    const [digest, ...others] = new Set(Object.values(named).filter((one) => one !== undefined));
    if (digest !== undefined && others.length === 0) return { digest, lines, deliverTo };
    context.addIssue('names no check, or several');
    return z.NEVER;
  });
