import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { newSiteKey, sign, type Claims } from '../support/site-words.ts';

/** As much of a check office as a party's server sees: keys, messages, and the verdict on checks. */
export interface FakeOffice {
  readonly url: string;
  /** What was asked of its API. */
  readonly asked: { method: string; path: string; body: unknown }[];
  isValid: boolean;
  /** A message of this office as it goes out; `change` makes it another one. */
  message(party: string, kind: string, body: unknown, change?: Claims): Promise<string>;
  close(): Promise<void>;
}

export const ISSUER = 'https://office.example';

export async function startFakeOffice(): Promise<FakeOffice> {
  const key = await newSiteKey();
  const asked: FakeOffice['asked'] = [];
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method = '', url: path = '' } = request;
    response.setHeader('content-type', 'application/json');
    if (path === '/.well-known/jwks.json') return void response.end(JSON.stringify({ keys: [key.jwk] }));
    asked.push({ method, path, body: pieces.length > 0 ? JSON.parse(Buffer.concat(pieces).toString()) : undefined });
    const verdict = { valid: office.isValid, ...(!office.isValid && { reason: 'stopped' }), status: 'presented' };
    response.end(JSON.stringify(path === '/v1/echecks/validation' ? verdict : {}));
  };
  // One process holds both ends: a pause of it must not end a connection that it is about to use.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const office: FakeOffice = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    isValid: true,
    message(party, kind, body, change = {}) {
      const order = `order-${randomUUID()}`;
      const claims = {
        iss: ISSUER,
        aud: party,
        sub: order,
        jti: `${order}:${kind}`,
        iat: Math.floor(Date.now() / 1000),
      };
      return sign('party-message+jwt', { ...claims, kind, from: 'buyer-ada', body, ...change }, key);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return office;
}

/** A check as far as a party's server reads it offline. */
export async function fakeCheck(change: Claims = {}): Promise<string> {
  return sign(
    'echeck+jwt',
    { iss: ISSUER, jti: 'check-1', aud: 'seller-x', distributor: 'distributor-x', ...change },
    await newSiteKey(),
  );
}
