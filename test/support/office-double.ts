import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CompactSign,
  exportJWK,
  generateKeyPair,
  type CompactJWSHeaderParameters,
  type CryptoKey,
  type JWK,
} from 'jose';

/** The check office as a site sees it: an HTTP server with keys, and answers to what a site asks by the API. */
export interface OfficeDouble {
  readonly issuer: string;
  readonly url: string;
  readonly jwksUrl: string;
  /** What was asked by the API, in order: `POST /v1/payment-demands`, with its body. */
  readonly asked: { readonly request: string; readonly body: Json }[];
  /** How often its keys were read. */
  keysRead: number;
  /** `false`: every request is refused. */
  isUp: boolean;
  /** What the API answers, by method and path. */
  readonly answers: Map<string, (body: Json) => { readonly status: number; readonly body: unknown }>;
  sign(payload: object, header?: Partial<CompactJWSHeaderParameters>): Promise<string>;
  /** A message as the office sends it, but for what is said otherwise. */
  message(claims: object, header?: Partial<CompactJWSHeaderParameters>): Promise<string>;
  /** From now on another key signs; the former one is gone from the JWKS with `revoke`. */
  rotate(options?: { readonly revoke: boolean }): Promise<void>;
  close(): Promise<void>;
}

export type Json = Readonly<Record<string, unknown>>;

/** What a check of this double says that is good now: of the order `order-1`, to `seller-x`. */
export function goodClaims() {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: 'countersign',
    jti: 'check-1',
    aud: 'seller-x',
    iat: now,
    nbf: now,
    exp: now + 3600,
    order: 'order-1',
    terminal: { buyerId: 'buyer-ada', terminalId: 'till-1' },
    distributor: 'distributor-y',
    charge: { amount: 1890, currency: 'EUR' },
  };
}

export async function startOfficeDouble(issuer = 'countersign'): Promise<OfficeDouble> {
  const keys: { kid: string; privateKey: CryptoKey; jwk: JWK }[] = [];
  const addKey = async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const kid = `office-${randomBytes(4).toString('hex')}`;
    keys.unshift({ kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' } });
  };
  await addKey();

  const server = createServer((request, response) => {
    void answer(request, response);
  });
  // One process holds both ends: a pause of it must not end a connection that it is about to use.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (!office.isUp) return void response.writeHead(503).end();
    if (request.url === '/.well-known/jwks.json') {
      office.keysRead += 1;
      return send(response, 200, { keys: keys.map(({ jwk }) => jwk) });
    }
    const asked = `${request.method} ${request.url}`;
    office.asked.push({ request: asked, body });
    const answered = office.answers.get(asked)?.(body) ?? { status: 404, body: { type: '/problems/not-found' } };
    send(response, answered.status, answered.body);
  }

  const office: OfficeDouble = {
    issuer,
    url,
    jwksUrl: `${url}/.well-known/jwks.json`,
    asked: [],
    keysRead: 0,
    isUp: true,
    answers: new Map(),
    sign(payload, header) {
      const [{ kid, privateKey }] = keys as [(typeof keys)[0]];
      return new CompactSign(Buffer.from(JSON.stringify(payload)))
        .setProtectedHeader({ alg: 'EdDSA', kid, ...header })
        .sign(privateKey);
    },
    message: (claims, header) =>
      office.sign(
        { iss: issuer, iat: Math.floor(Date.now() / 1000), from: 'check-office', body: {}, ...claims },
        { typ: 'party-message+jwt', ...header },
      ),
    async rotate({ revoke } = { revoke: false }) {
      if (revoke) keys.splice(0, 1);
      await addKey();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return office;
}

async function bodyOf(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as Json);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'Content-Type': type }).end(JSON.stringify(body));
}
