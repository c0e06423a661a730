import { lookup as resolveName, type LookupAddress } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The target lies inside: a server must not be talked into calling its own network (SSRF). */
export class ForbiddenTargetError extends Error {
  override readonly name = 'ForbiddenTargetError';
}

export interface Outgoing {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Private, loopback and link-local targets and plain http are refused unless this is set. */
  readonly allowPrivate: boolean;
}

/** What a receiver answered, as far as anybody asks. */
export interface OutgoingAnswer {
  readonly status: number;
  /** The header Retry-After as it came. */
  readonly retryAfter?: string;
}

/** Says what is wrong with a target's address; `undefined` when nothing is, as far as the address alone tells. */
export function targetFault(text: string, allowPrivate: boolean): string | undefined {
  if (!URL.canParse(text)) return 'must be an absolute URL';
  const url = new URL(text);
  const schemes = allowPrivate ? ['https:', 'http:'] : ['https:'];
  if (!schemes.includes(url.protocol)) return `must be ${allowPrivate ? 'an http(s)' : 'an https'} URL`;
  if (url.username || url.password) return 'must not hold credentials';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const local = host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && !isPublic(host));
  return local && !allowPrivate ? 'must not be a private or loopback address' : undefined;
}

/**
 * Posts JSON and returns the answer's head. Redirects are not followed. The time counts from the look-up of the name to the last
 * header, so that no receiver gains more by answering byte by byte, and Node takes 16 KiB of headers at most. The name is
 * resolved once and every address that it resolves to must be public, at the very moment of connecting: a name that changes in
 * between (rebinding) gains nothing.
 */
export async function postJson(outgoing: Outgoing): Promise<OutgoingAnswer> {
  const fault = targetFault(outgoing.url, outgoing.allowPrivate);
  if (fault) throw new ForbiddenTargetError(`the target ${fault}`);
  const { body, headers, timeoutMs, allowPrivate } = outgoing;
  const url = new URL(outgoing.url);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
      signal: AbortSignal.timeout(timeoutMs),
      agent: false,
      ...(allowPrivate ? {} : { lookup: publicOnly }),
    });
    request.once('error', reject);
    request.once('response', (response) => {
      // Whatever it says beside its status is of no interest, and may be endless.
      response.destroy();
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
    });
    request.end(body);
  });
}

/** Resolves a name as Node does, and refuses one that leads inside with any of its addresses. */
export const publicOnly: LookupFunction = (hostname, options, callback) => {
  resolveName(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const [first] = addresses ?? [];
    if (error || !first) return callback(error ?? new Error(`${hostname} has no address`), '', 0);
    const inside = addresses.find(({ address }) => !isPublic(address));
    if (inside) return callback(new ForbiddenTargetError(`${hostname} is a private or loopback address`), '', 0);
    if (options.all) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};

/** Mapped, translated and tunnelled addresses are judged by the range that they hide behind: none of them is unicast. */
function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'unicast';
}
