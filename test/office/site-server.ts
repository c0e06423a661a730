import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactSign, decodeJwt, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';

/* A party's own server as far as the office sees it: takes what it is sent, and answers as a test says. */

export interface SigningPair {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function signingPair(kid: string): Promise<SigningPair> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid } };
}

export type Claims = Record<string, unknown>;

/** Any claims under any header, signed. */
export function signed(claims: Claims, header: Claims, key: CryptoKey | Uint8Array): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'EdDSA', ...header })
    .sign(key);
}

/** What a good receipt of that message says. */
export function receiptClaims(message: string, verdict: string, body: Claims = {}): Claims {
  const { aud, iss, jti, iat } = decodeJwt(message);
  const digest = createHash('sha256').update(message).digest('base64url');
  return { iss: aud, aud: iss, iat, message: jti, digest, verdict, body };
}

type Answer = (message: string, response: ServerResponse, request: IncomingMessage) => unknown;

export interface SiteServer {
  readonly url: string;
  readonly key: SigningPair;
  /** The messages that came, as they came. */
  readonly received: string[];
  keysPath: string;
  /** How often its keys were asked for. */
  keysAsked: number;
  /** What it answers to a message. */
  answer: Answer;
  /** What it shows as its keys. */
  showKeys: (response: ServerResponse) => unknown;
  /** Signs as this site does. */
  sign(claims: Claims, typ: string, key?: SigningPair): Promise<string>;
  /** Answers every message with a good receipt of that verdict. */
  receipts(verdict: string, body?: Claims | ((message: string) => Claims | Promise<Claims>)): void;
  close(): Promise<void>;
}

export async function startSite(): Promise<SiteServer> {
  const key = await signingPair('site-1');
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    if (request.url === site.keysPath) {
      site.keysAsked += 1;
      return site.showKeys(response);
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(Buffer.from(part));
    const message = Buffer.concat(parts).toString();
    site.received.push(message);
    return site.answer(message, response, request);
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const site: SiteServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    received: [],
    keysPath: '/.well-known/jwks.json',
    keysAsked: 0,
    answer: (_message, response) => response.writeHead(500).end(),
    showKeys: (response) => response.end(JSON.stringify({ keys: [key.jwk] })),
    sign: (claims, typ, by = key) => signed(claims, { typ, kid: by.kid }, by.privateKey),
    receipts(verdict, body = {}) {
      site.answer = async (message, response) => {
        const said = typeof body === 'function' ? await body(message) : body;
        reply(response, await site.sign(receiptClaims(message, verdict, said), 'party-receipt+jwt'));
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return site;
}

/** Answers with a receipt, or with what pretends to be one. */
export function reply(response: ServerResponse, receipt: string | Buffer, type = 'application/jose'): void {
  response.writeHead(200, { 'content-type': type }).end(receipt);
}
