import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** Somebody else's issuer of access tokens, as the service finds it in production: an address and a JWKS. */
export interface Issuer {
  readonly settings: { TOKEN_JWKS_URL: string; TOKEN_ISSUER: string };
  token(party: string, role: string): Promise<string>;
  close(): void;
}

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'EdDSA' }] });
  const server = createServer((_request, response) => response.setHeader('Content-Type', 'application/json').end(jwks));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  return {
    settings: { TOKEN_JWKS_URL: `${issuer}/jwks`, TOKEN_ISSUER: issuer },
    token: (party, role) =>
      new SignJWT({ role, terminal: 'terminal-1' })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'key-1', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience('countersign')
        .setSubject(party)
        .setExpirationTime('5 minutes')
        .sign(privateKey),
    close: () => server.close(),
  };
}
