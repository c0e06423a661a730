import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTHeaderParameters, type JWTPayload } from 'jose';

/** An outside issuer as far as the service sees it: an HTTP server with a JWKS and a discovery document. */
export interface JwksServer {
  readonly url: string;
  readonly jwksUrl: string;
  /** The paths that were asked for so far. */
  readonly asked: string[];
  /** What its discovery document says, beside its own address as issuer. */
  discovery: Record<string, unknown>;
  /** A token of that payload as this issuer signs it: RS256, or ES256 where the header says so. */
  sign(payload: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
  close(): Promise<void>;
}

const KIDS: Readonly<Record<string, string>> = { RS256: 'rsa-1', ES256: 'ec-1' };

export async function startJwksServer(): Promise<JwksServer> {
  const keys = new Map<string, CryptoKey>();
  const jwks: { keys: object[] } = { keys: [] };
  for (const [alg, kid] of Object.entries(KIDS)) {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    keys.set(alg, privateKey);
    // Entra and others publish no `alg`: the key's kind must do.
    jwks.keys.push({ ...(await exportJWK(publicKey)), kid, use: 'sig' });
  }
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const found = request.url?.endsWith('/.well-known/openid-configuration') ? issuer.discovery : jwks;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(found));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: JwksServer = {
    url,
    jwksUrl: `${url}/jwks`,
    asked,
    discovery: { issuer: url, jwks_uri: `${url}/jwks` },
    sign(payload, { alg = 'RS256', ...header } = {}) {
      const key = keys.get(alg);
      if (!key) throw new Error(`no key for ${alg}`);
      return new SignJWT(payload)
        .setProtectedHeader({ typ: 'JWT', ...header, alg, kid: header.kid ?? KIDS[alg] })
        .sign(key);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
