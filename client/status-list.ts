import { base64url } from 'jose';
import { officeClaims, openEcheck, type Echeck } from './echeck.ts';
import type { Office } from './office.ts';

/**
 * What has become of a check, as the office's signed status list (IETF Token Status List) has it; the list's own word for the first
 * three is VALID, INVALID and SUSPENDED. Only an `open` one may be accepted.
 */
export type CheckFate =
  | 'open'
  | 'voided'
  | 'account_frozen'
  /** Accepted, cleared or final: a check pays once. */
  | 'used'
  | 'stopped'
  | 'expired'
  | 'refunded'
  | 'account_closed'
  /** The list does not reach so far, or says what this version does not know. */
  | 'unknown';

export interface CheckStatus {
  readonly fate: CheckFate;
  readonly check: Echeck;
  /** The moment that the list describes: at most 15 seconds ago, unless a copy of it was served. */
  readonly asOf: Date;
}

/** Why neither check nor list tells anything. */
export class StatusListError extends Error {
  override readonly name = 'StatusListError';
}

/**
 * Looks a check up in the office's status list, after both their signatures were verified: nobody learns which check was looked up.
 * Entries are kept for a day after a check's own end, so one that ended before says `expired`, however it was used. Throws
 * `StatusListError` when either is not the office's, another error when the office cannot be reached.
 */
export async function readCheckStatus(
  jws: string,
  office: Office,
  { now = Date.now() }: { readonly now?: number } = {},
): Promise<CheckStatus> {
  const opened = await openEcheck(jws, office);
  if (!opened?.statusPlace) throw new StatusListError('this is no check of the office');
  const { check, statusPlace } = opened;
  const { bytes, asOf } = await readList(office, statusPlace.uri, now);
  const fate = fateAt(bytes, statusPlace.idx);
  const isOver = fate === 'open' && check.expiresAt <= asOf;
  return { fate: isOver ? 'expired' : fate, check, asOf };
}

/** By the value of an entry: 0 to 2 are the standard's, 3 and 12 to 15 are left to applications. */
const FATES: readonly (CheckFate | undefined)[] = [
  ...(['open', 'voided', 'account_frozen', 'used'] as const),
  ...Array.from({ length: 8 }, () => undefined),
  ...(['stopped', 'expired', 'refunded', 'account_closed'] as const),
];

/** Four bits a check, the lower half of a byte first. */
function fateAt(bytes: Uint8Array, idx: number): CheckFate {
  const byte = bytes[Math.floor(idx / 2)];
  if (byte === undefined) return 'unknown';
  return FATES[idx % 2 === 0 ? byte & 0x0f : byte >> 4] ?? 'unknown';
}

const LIST_TYPE = 'statuslist+jwt';

async function readList(office: Office, uri: string, now: number): Promise<{ bytes: Uint8Array; asOf: Date }> {
  const claims = await officeClaims(await fetchList(office), { office, typ: LIST_TYPE });
  if (!claims) throw new StatusListError('the status list is not signed by the office');
  const { iss, sub, iat, exp, status_list: list } = claims;
  if (iss !== office.issuer || sub !== uri) throw new StatusListError('this is another status list');
  if (typeof iat !== 'number' || typeof exp !== 'number' || now >= exp * 1000)
    throw new StatusListError('the status list is out of date');
  const { bits, lst } = Object(list) as Readonly<Record<string, unknown>>;
  if (bits !== 4 || typeof lst !== 'string') throw new StatusListError('the status list lacks what it must say');
  return { bytes: await unpack(lst), asOf: new Date(iat * 1000) };
}

async function fetchList({ jwksUrl, statusListUrl }: Office): Promise<string> {
  const url = statusListUrl ?? new URL('echeck-status', jwksUrl);
  const response = await fetch(url, { headers: { Accept: `application/${LIST_TYPE}` } });
  if (!response.ok) throw new Error(`${String(url)} answered ${response.status}`);
  return (await response.text()).trim();
}

/** A list longer than this is refused before it fills the memory: 64 million checks. */
const MOST_BYTES = 32 * 1024 * 1024;

async function unpack(lst: string): Promise<Uint8Array> {
  try {
    const packed = new Blob([Uint8Array.from(base64url.decode(lst))]);
    return await bytesOf(packed.stream().pipeThrough(new DecompressionStream('deflate')));
  } catch (cause) {
    throw new StatusListError('the status list cannot be unpacked', { cause });
  }
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.byteLength;
    if (bytes > MOST_BYTES) throw new Error('it is too long');
    chunks.push(next.value as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
