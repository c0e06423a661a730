import { deflateSync, inflateSync } from 'node:zlib';
import { compactVerify, type CryptoKey } from 'jose';
import { z } from 'zod';
import { CHECK_ALGORITHM } from '../../domain/echeck.ts';
import { parseStatusType, STATUS_TYPES, type StatusType } from '../../domain/check-status-type.ts';
import { jsonOf } from './jws.ts';

/** The JOSE `typ` of a status list (IETF Token Status List, section 5.1); its media type is `application/statuslist+jwt`. */
export const STATUS_LIST_TYPE = 'statuslist+jwt';
const BITS = 4;

/** A list longer than this is refused before it fills the memory: 64 million checks. */
const MAX_BYTES = 32 * 1024 * 1024;

export interface EncodedStatusList {
  readonly bits: typeof BITS;
  /** Base64url of the DEFLATE-compressed array (zlib). */
  readonly lst: string;
}

/** Packs entries four bits each, the lower half of a byte first; a place that is not named is `open`. */
export function encodeStatusList(entries: ReadonlyMap<number, StatusType>, places: number): EncodedStatusList {
  const bytes = Buffer.alloc(Math.ceil(places / 2));
  for (const [idx, type] of entries) {
    const byte = bytes[idx >> 1];
    if (byte === undefined) throw new RangeError(`place ${idx} in a list of ${places}`);
    bytes[idx >> 1] = byte | (STATUS_TYPES[type] << (idx % 2 === 0 ? 0 : BITS));
  }
  return { bits: BITS, lst: deflateSync(bytes, { level: 9 }).toString('base64url') };
}

/** A verified status list. */
export interface StatusList {
  /** RFC 3339: the moment that it describes. */
  readonly issuedAt: string;
  /** The entry at that place; `undefined` when the list does not reach so far or the entry has no known meaning. */
  statusAt(idx: number): StatusType | undefined;
}

/** Why a status list is not believed. */
export class StatusListError extends Error {
  override readonly name = 'StatusListError';
}

export interface StatusListVerifier {
  readonly keyFor: (kid: string) => Promise<CryptoKey | undefined>;
  readonly issuer: string;
  /** The `uri` that the check names: the list's `sub` must equal it. */
  readonly uri: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const header = z.strictObject({
  alg: z.literal(CHECK_ALGORITHM),
  typ: z.literal(STATUS_LIST_TYPE),
  kid: z.string().min(1),
});
const statusListPayload = z.object({
  iss: z.string().min(1),
  sub: z.string().min(1),
  iat: z.int().positive(),
  exp: z.int().positive(),
  ttl: z.int().positive(),
  status_list: z.object({ bits: z.literal(BITS), lst: z.string() }),
});
export type StatusListPayload = z.infer<typeof statusListPayload>;

/** Verifies a status list token as strictly as a check. Throws `StatusListError`. */
export async function openStatusList(token: string, verifier: StatusListVerifier): Promise<StatusList> {
  const payload = await verifiedPayload(token, verifier);
  if (payload.iss !== verifier.issuer) throw new StatusListError(`the status list was issued by ${payload.iss}`);
  if (payload.sub !== verifier.uri) throw new StatusListError(`this is the status list ${payload.sub}`);
  if (verifier.now() >= payload.exp * 1000) throw new StatusListError('the status list is out of date: fetch it again');
  const bytes = inflate(payload.status_list.lst);
  return {
    issuedAt: new Date(payload.iat * 1000).toISOString(),
    statusAt: (idx) => {
      const byte = bytes[Math.floor(idx / 2)];
      return byte === undefined ? undefined : parseStatusType(idx % 2 === 0 ? byte & 0x0f : byte >> BITS);
    },
  };
}

async function verifiedPayload(token: string, { keyFor }: StatusListVerifier): Promise<StatusListPayload> {
  const [encodedHeader = '', encodedPayload = ''] = token.split('.');
  const protectedHeader = header.safeParse(jsonOf(encodedHeader));
  if (!protectedHeader.success) throw new StatusListError(`no ${STATUS_LIST_TYPE} signed with ${CHECK_ALGORITHM}`);
  const key = await keyFor(protectedHeader.data.kid);
  if (!key) throw new StatusListError('the status list is signed with a key that is unknown or revoked');
  try {
    await compactVerify(token, key, { algorithms: [CHECK_ALGORITHM] });
  } catch (cause) {
    throw new StatusListError('the signature of the status list does not fit', { cause });
  }
  const payload = statusListPayload.safeParse(jsonOf(encodedPayload));
  if (!payload.success) throw new StatusListError('the status list lacks what it must say');
  return payload.data;
}

function inflate(lst: string): Buffer {
  try {
    return inflateSync(Buffer.from(lst, 'base64url'), { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    throw new StatusListError('the status list cannot be unpacked', { cause });
  }
}
