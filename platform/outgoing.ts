import { lookup as resolveName, type LookupAddress } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { currentIds } from './ids.ts';
import { inSpan, traceHeaders } from './spans.ts';

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
  // A name may end with the dot of the root.
  const host = url.hostname.replace(/^\[|\]$|\.$/g, '');
  const local = host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && !isPublic(host));
  return local && !allowPrivate ? 'must not be a private or loopback address' : undefined;
}

/**
 * Posts JSON and returns the answer's head. Redirects are not followed. The time counts from the look-up of the name to the last
 * header, so that no receiver gains more by answering byte by byte, and Node takes 16 KiB of headers at most. The name is
 * resolved once and every address that it resolves to must be public, at the very moment of connecting: a name that changes in
 * between (rebinding) gains nothing.
 */
export async function postJson({ body, headers, timeoutMs, ...target }: Outgoing): Promise<OutgoingAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await respond({
    ...target,
    body,
    signal,
    headers: { 'content-type': 'application/json', ...headers },
  });
  // Whatever it says beside its status is of no interest, and may be endless.
  response.destroy();
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] };
}

/** What is asked of another server, and how much of its answer is taken. */
export interface Exchange {
  readonly url: string;
  /** Posted; absent: GET. */
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For the whole: from the look-up of the name to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly allowPrivate: boolean;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** A whole answer. Nothing is unpacked: what came compressed is not read. */
export interface ExchangeAnswer {
  readonly status: number;
  /** The media type without its parameters, in lower case; empty when it says none. */
  readonly mediaType: string;
  /** Content-Encoding; empty when it says none. */
  readonly encoding: string;
  /** Empty unless the status is 200. */
  readonly body: Buffer;
}

/** The answer is longer than may be taken. */
export class OversizeError extends Error {
  override readonly name = 'OversizeError';
}

/**
 * Asks another server, under the same rules as `postJson`, and reads the body of a 200 up to its bound. Throws what was wrong:
 * `ForbiddenTargetError`, `OversizeError`, the reason of an ended signal (`TimeoutError`), or Node's own error.
 */
export async function exchange({ timeoutMs, maxBytes, ...asked }: Exchange): Promise<ExchangeAnswer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = asked.signal ? AbortSignal.any([timeout, asked.signal]) : timeout;
  try {
    const response = await respond({ ...asked, signal });
    const { 'content-type': type = '', 'content-encoding': encoding = '' } = response.headers;
    const [mediaType = ''] = type.toLowerCase().split(';');
    const status = response.statusCode ?? 0;
    const body = status === 200 ? await bodyOf(response, maxBytes) : Buffer.alloc(0);
    response.destroy();
    return { status, mediaType: mediaType.trim(), encoding: encoding.toLowerCase(), body };
  } catch (error) {
    // A connection that the signal ended says only that it ended.
    throw signal.aborted ? signal.reason : error;
  }
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response) {
    const chunk: Buffer = Buffer.from(part);
    bytes += chunk.length;
    if (bytes > maxBytes) throw new OversizeError(`the answer has more than ${maxBytes} bytes`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

type Request = Pick<Exchange, 'url' | 'body' | 'headers' | 'allowPrivate'> & { readonly signal: AbortSignal };

/** Sends a request on a connection of its own, under the id of what it is part of; resolves with the head of the answer. */
function respond({ url: text, body, headers, allowPrivate, signal }: Request): Promise<IncomingMessage> {
  const fault = targetFault(text, allowPrivate);
  if (fault) return Promise.reject(new ForbiddenTargetError(`the target ${fault}`));
  const url = new URL(text);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const { requestId } = currentIds();
  const method = body === undefined ? 'GET' : 'POST';
  const attributes = { 'http.request.method': method, 'server.address': url.host };
  return inSpan(
    method,
    () => attributes,
    () =>
      new Promise((resolve, reject) => {
        const request = send(url, {
          method,
          headers: {
            ...length,
            ...(requestId !== undefined && { 'x-request-id': requestId }),
            ...traceHeaders(),
            ...headers,
          },
          signal,
          agent: false,
          ...(allowPrivate ? {} : { lookup: publicOnly }),
        });
        request.once('error', reject);
        request.once('response', resolve);
        request.end(body);
      }),
  );
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

/**
 * Mapped, translated and tunnelled addresses are judged by the range that they hide behind: none of them is unicast. Of IPv6, only
 * 2000::/3 was ever given out for the public; what holds an IPv4 address in the old way (`::127.0.0.1`) is beside it.
 */
function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST);
}
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
