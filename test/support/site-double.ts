import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { freePort } from './ports.ts';
import { newSiteKey, type MessageClaims, type SiteKey } from './site-words.ts';
import { PATIENCE_MS, until } from './until.ts';

/*
 * A party's own server as its integrator reads the contract (docs/write-a-site.md): HTTP, jose and nothing of the
 * project's own code. What it answers is a behaviour (site-behaviours.ts), which a test may change while it runs.
 */

/** One try of the office, as it came. */
export interface Try {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The compact JWS, byte for byte. */
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  /** What it says; a fault where it does not verify. */
  readonly claims?: MessageClaims;
  readonly fault?: string;
  /** What the double answered; status 0: nothing. */
  answer?: { readonly status: number; readonly text: string };
}

/** `never`: the request is left without an answer. `hang up`: the connection is cut. `bytewise`: a byte a second. */
export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string; bytewise?: boolean }
  | 'never'
  | 'hang up';
export type Behaviour = (claims: MessageClaims, site: SiteDouble, text: string) => Reply | Promise<Reply>;

export interface SiteOptions {
  readonly party: string;
  readonly officeUrl: string;
  /** Its key for the office's API: what it asks there, it asks with this. */
  readonly apiKey: string;
  readonly behaviour: Behaviour;
  /** JWKS addresses by party, with which a distributor verifies the instructions of sellers. */
  readonly knownSellers?: ReadonlyMap<string, string>;
}

export interface SiteDouble {
  readonly party: string;
  readonly url: string;
  readonly tries: readonly Try[];
  readonly knownSellers: ReadonlyMap<string, string>;
  behaviour: Behaviour;
  /** Its keys: the last one signs, all of them stand in its JWKS. */
  readonly keys: SiteKey[];
  /** What its JWKS address answers instead of its keys. */
  jwksReply: Reply | undefined;
  /** The receipts that it has given, by the bytes of their message: what comes again gets the same one. */
  readonly given: Map<string, string>;
  /** The check of each order, as it was presented: a demand carries it (claim 7). */
  readonly checks: Map<string, string>;
  /** Asks the office's API as this party. */
  askOffice(method: string, path: string, body?: unknown): Promise<OfficeAnswer>;
  /** Works on something beside the answer, until the double is closed. */
  beside(work: (open: () => boolean) => Promise<void>): void;
  /** Tries of one kind, in their order. */
  triesOf(kind: string, orderId?: string): readonly Try[];
  /** The kinds of an order's messages, in their order: each once, unless it came again before the office could have missed the answer. */
  kindsOf(orderId: string): readonly string[];
  /** Waits until enough has come. */
  until(enough: (tries: readonly Try[]) => boolean): Promise<void>;
  /** Its server is gone, as after a power cut; `comeBack` is the same server at the same address. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export interface OfficeAnswer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** The office misses an answer after ten seconds, and a worker of its own that is lost after six. */
const MISSED_AFTER_MS = 5_000;

/** Starts it on a port of its own. It is not registered yet (site-parties.ts). */
export async function startSiteDouble(options: SiteOptions): Promise<SiteDouble> {
  const { party, officeUrl, apiKey } = options;
  const officeKeys = createRemoteJWKSet(new URL(`${officeUrl}/.well-known/jwks.json`), {
    cooldownDuration: 0,
    timeoutDuration: PATIENCE_MS,
  });
  const tries: Try[] = [];
  const work = new Set<Promise<void>>();
  let isOpen = true;
  const server = { current: await listening(answer, await freePort()) };
  const { port } = server.current.address() as AddressInfo;

  const site: SiteDouble = {
    party,
    url: `http://127.0.0.1:${port}`,
    tries,
    knownSellers: options.knownSellers ?? new Map(),
    behaviour: options.behaviour,
    keys: [await newSiteKey()],
    jwksReply: undefined,
    given: new Map(),
    checks: new Map(),
    askOffice: (method, path, body) => askOffice(`${officeUrl}${path}`, method, apiKey, body),
    beside(run) {
      const running = run(() => isOpen)
        .catch(() => undefined)
        .finally(() => work.delete(running));
      work.add(running);
    },
    triesOf: (kind, orderId) =>
      tries.filter(({ claims }) => claims?.kind === kind && (orderId === undefined || claims.sub === orderId)),
    kindsOf: (orderId) =>
      tries.flatMap(({ claims, text, at }) => {
        const isMissed = tries.some((first) => first.text === text && at - first.at >= MISSED_AFTER_MS);
        return claims?.sub === orderId && !isMissed ? [claims.kind] : [];
      }),
    async until(enough) {
      const seen = () => [party, ...tries.map(({ claims, fault }) => claims?.jti ?? fault)];
      await until(() => tries, enough, { seen });
    },
    goAway: () => ended(server.current),
    async comeBack() {
      server.current = await listening(answer, port);
    },
    async close() {
      isOpen = false;
      await ended(server.current);
      await Promise.all(work);
    },
  };
  return site;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && request.url === '/.well-known/jwks.json') {
      const keys = site.keys.map((key) => key.jwk);
      const jwks = { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ keys }) };
      return send(response, site.jwksReply ?? jwks);
    }
    if (request.method !== 'POST' || request.url !== '/messages') return send(response, { status: 404 });
    const one = await received(request);
    tries.push(one);
    const reply = one.claims ? await site.behaviour(one.claims, site, one.text) : { status: 400, body: one.fault };
    one.answer = typeof reply === 'string' ? { status: 0, text: '' } : { status: reply.status, text: reply.body ?? '' };
    send(response, reply);
  }

  async function received(request: IncomingMessage): Promise<Try> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    const came = { at: Date.now(), text, headers: request.headers };
    if (request.headers['content-type'] !== 'application/jose') return { ...came, fault: 'not application/jose' };
    try {
      return { ...came, claims: await verifiedMessage(text) };
    } catch (error) {
      return { ...came, fault: String(error) };
    }
  }

  async function verifiedMessage(text: string): Promise<MessageClaims> {
    const { payload } = await jwtVerify<MessageClaims>(text, officeKeys, {
      algorithms: ['EdDSA'],
      typ: 'party-message+jwt',
      audience: party,
      requiredClaims: ['iss', 'aud', 'sub', 'jti', 'iat', 'kind', 'from', 'body'],
    });
    return payload;
  }
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'never') return;
  if (reply === 'hang up') return void response.destroy();
  const { status, headers = {}, body = '' } = reply;
  response.writeHead(status, headers);
  if (!reply.bytewise) return void response.end(body);
  const bytes = body.split('');
  const timer = setInterval(() => {
    const next = bytes.shift();
    if (next === undefined) response.end();
    else response.write(next);
  }, 1_000);
  response.once('close', () => clearInterval(timer));
}

function listening(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  port: number,
): Promise<Server> {
  const server = createServer((request, response) => {
    // A behaviour that throws is a server that fails.
    answer(request, response).catch(() => send(response, { status: 500 }));
  });
  // One process may hold both ends: a pause of it must not end a connection that it is about to use.
  server.keepAliveTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function ended(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

async function askOffice(url: string, method: string, apiKey: string, body: unknown): Promise<OfficeAnswer> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
