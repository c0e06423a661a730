import { compactVerify, type CryptoKey } from 'jose';
import { z } from 'zod';
import { CHECK_ALGORITHM, CHECK_TYPE, type CheckClaims, type CheckRefusal } from '../../domain/echeck.ts';
import type { CheckNumber } from '../../domain/ids.ts';
import { isCanonicalBase64url } from '../../platform/base64url.ts';
import { checkPayload, claimsOf, type CheckPayload } from './payload.ts';

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

function jsonOf(part: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
