import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { jwtVerify, type JWTPayload } from 'jose';
import { isCanonical, sha256 } from './base64url.ts';
import { isNotGood, officeKeys, type Office } from './office.ts';
import {
  ALGORITHM,
  JOSE_MEDIA_TYPE,
  JOSE_TYPES,
  messageFrom,
  VERDICTS,
  type PartyMessage,
  type SiteAnswer,
} from './party-messages.ts';
import { isByPublishedKey, type SiteKey } from './site-key.ts';

export { createCountersignClient, type CountersignClient } from './index.ts';
export { verifyEcheck, type Echeck, type EcheckRefusal, type EcheckVerdict } from './echeck.ts';
export { readInstruction, signInstruction, verifyInstruction, type Instruction } from './instruction.ts';
export { isNotGood, officeKeys, type Office } from './office.ts';
export type * from './party-messages.ts';
export { isOfItsTerminal } from './presentation.ts';
export { isByPublishedKey, loadSiteKey, rotateSiteKey, type SiteKey } from './site-key.ts';

export interface SiteOptions {
  /** The id under which the party is registered. */
  readonly party: string;
  readonly signingKey: SiteKey;
  readonly office: Office;
  /**
   * What the party does about a message. The office sends each until it has a receipt, so it must be idempotent by
   * `message.id`. What it throws is answered 500: nothing is receipted, and the message comes again.
   */
  readonly handle: (message: PartyMessage) => Promise<SiteAnswer>;
  /** Where receipts are kept. With it a message that comes again gets the receipt that it had. */
  readonly receipts?: ReceiptStore;
  /** Is given what `handle` or the store has thrown. */
  readonly onFault?: (error: unknown) => void;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
}

/** Receipts by the digest of their message: a message that is signed anew by another key needs another receipt. */
export interface ReceiptStore {
  find(digest: string): Promise<string | undefined>;
  /** Keeps the receipt of a message, and returns the one that counts: the first. */
  keep(digest: string, message: PartyMessage, receipt: string): Promise<string>;
}

/** A party's own server, as far as the office sees it: `POST /messages` and `GET /.well-known/jwks.json`. */
export interface Site {
  /** For servers that speak web standards (Hono, Deno, Bun, …). Answers 404 to every other path. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** For `node:http`, and for Express: `app.use(site.listener)`, before any body parser. Leaves other paths to `next`. */
  readonly listener: (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;
}

/** An order of a thousand lines, with the terminal's own word, fits. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Messages are sent until they are receipted, the same bytes each time: an old one is no forgery. A year bounds an order. */
const OLDEST = '366 days';
const CLOCK_TOLERANCE_SECONDS = 5 * 60;

/** Makes the two endpoints of a site: verifies each message, has it handled, signs the receipt. */
export function createSite(options: SiteOptions): Site {
  const routes: Readonly<Record<string, (request: Request) => Promise<Response>>> = {
    '/messages': (request) => receive(options, request),
    '/.well-known/jwks.json': (request) => publishKeys(options, request),
  };
  const answer = async (request: Request): Promise<Response> => {
    const route = routes[new URL(request.url).pathname];
    if (!route) return problem(404, 'There is nothing here: messages go to /messages.');
    try {
      return await route(request);
    } catch (error) {
      if (error instanceof Refused) return problem(error.status, error.message);
      options.onFault?.(error);
      return problem(500, 'The message was not handled: send it again.');
    }
  };
  return {
    fetch: answer,
    listener(request, response, next) {
      const path = request.url?.split('?')[0] ?? '/';
      if (next && !Object.hasOwn(routes, path)) next();
      else void serve(answer, path, request, response);
    },
  };
}

async function publishKeys({ signingKey }: SiteOptions, { method }: Request): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD') throw new Refused(405, 'Keys are read by GET.');
  return Response.json(await signingKey.publicJwks(), { headers: { 'Cache-Control': 'public, max-age=60' } });
}

async function receive(options: SiteOptions, request: Request): Promise<Response> {
  if (request.method !== 'POST') throw new Refused(405, 'Messages come by POST.');
  const type = request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== JOSE_MEDIA_TYPE) throw new Refused(415, `A message is ${JOSE_MEDIA_TYPE}.`);
  const jws = await textOf(request);
  const message = await verify(options, jws);
  const digest = await sha256(jws);
  const receipt = await receiptOf(options, message, digest);
  return new Response(receipt, { headers: { 'Content-Type': JOSE_MEDIA_TYPE } });
}

/** The receipt that the message had, unless the key that signed it was lost meanwhile: then another one. */
async function receiptOf(options: SiteOptions, message: PartyMessage, digest: string): Promise<string> {
  const { receipts, signingKey } = options;
  const kept = await receipts?.find(digest);
  if (kept !== undefined && (await isByPublishedKey(signingKey, kept))) return kept;
  const receipt = await giveReceipt(options, message, digest);
  return kept === undefined ? ((await receipts?.keep(digest, message, receipt)) ?? receipt) : receipt;
}

/** The message, once signature, type, issuer, audience and time are good. */
async function verify({ office, party, now = Date.now }: SiteOptions, jws: string): Promise<PartyMessage> {
  const message = messageFrom(await verifiedClaims(office, party, { jws, now: now() }), jws);
  if (!message) throw new Refused(422, 'The message lacks what a message says, or is of an unknown kind.');
  return message;
}

async function verifiedClaims(
  office: Office,
  party: string,
  { jws, now }: { jws: string; now: number },
): Promise<JWTPayload> {
  const notOurs = new Refused(401, `This is no message of ${office.issuer} to ${party}.`);
  if (!isCanonical(jws)) throw notOurs;
  try {
    const { payload } = await jwtVerify(jws, officeKeys(office), {
      algorithms: [ALGORITHM],
      typ: JOSE_TYPES.message,
      issuer: office.issuer,
      audience: party,
      maxTokenAge: OLDEST,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now),
      requiredClaims: ['sub', 'jti'],
    });
    return payload;
  } catch (error) {
    if (isNotGood(error)) throw notOurs;
    throw new Refused(503, 'The keys of the check office cannot be read now: send it again.');
  }
}

async function giveReceipt(options: SiteOptions, message: PartyMessage, digest: string): Promise<string> {
  const { office, party, signingKey, now = Date.now } = options;
  const { verdict, body = {} } = await options.handle(message);
  const allowed: readonly string[] = VERDICTS[message.kind];
  if (!allowed.includes(verdict)) throw new Error(`${message.kind} cannot be answered by ${verdict}`);
  return signingKey.sign(JOSE_TYPES.receipt, {
    iss: party,
    aud: office.issuer,
    iat: Math.floor(now() / 1000),
    message: message.id,
    digest,
    verdict,
    body,
  });
}

/** Why a message is not taken, as its sender reads it: nothing of its content. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

function problem(status: number, detail: string): Response {
  return Response.json(
    { type: 'about:blank', status, detail },
    { status, headers: { 'Content-Type': 'application/problem+json', ...(status === 413 && { Connection: 'close' }) } },
  );
}

/** The body of a request, at most `MOST_BYTES` of it. */
async function textOf({ body }: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // The stream is left open, so that the sender gets an answer instead of a broken connection.
  for await (const chunk of body?.values({ preventCancel: true }) ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new Refused(413, `A message has at most ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('latin1');
}

/** Lets a handler of web standards answer a request of Node's. */
async function serve(
  answer: (request: Request) => Promise<Response>,
  path: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const response = await answer(requestOf(incoming, path));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  } catch {
    // What is no request by web standards, such as a TRACE.
    outgoing.writeHead(400, { Connection: 'close' }).end();
  }
}

function requestOf(incoming: IncomingMessage, path: string): Request {
  const { method = 'GET', headers } = incoming;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(`http://site${path.startsWith('/') ? path : '/'}`, {
    method,
    headers: { 'Content-Type': headers['content-type'] ?? '' },
    ...(hasBody && { body: Readable.toWeb(incoming), duplex: 'half' }),
  });
}
