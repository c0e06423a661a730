import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { confirmSignOut, interactions } from './issuer-pages.ts';

/** A real OpenID Connect issuer on loopback: whoever types a name is let in under it as subject. */
export interface Issuer {
  /** What the service must be told to take its tokens and to sign people in there. */
  readonly settings: Readonly<Record<string, string>>;
  readonly url: string;
  /** From now on it serves the page at that origin, its only client. */
  serve(origin: string): void;
  /** A token whose claims say who its subject is: the first operator's. */
  token(subject: string, role: string): Promise<string>;
  /** How many refresh tokens were given back. */
  readonly revoked: number;
  /** From now on nobody who is signed in stays so: sessions and refresh tokens are gone. */
  forgetEverybody(): void;
  close(): void;
}

export interface IssuerOptions {
  readonly tokenSeconds?: number;
}

const AUDIENCE = 'countersign';
/** What tokens are asked for (RFC 8707); without it the issuer gives tokens that only itself can read. */
const RESOURCE = 'https://office.example/api';

export async function openIssuer({ tokenSeconds = 300 }: IssuerOptions = {}): Promise<Issuer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: 'key-1', alg: 'RS256', use: 'sig' };
  let origin = '';
  let revoked = 0;
  const begin = (): void => {
    const provider = providerAt(url, origin, key, tokenSeconds);
    provider.on('refresh_token.destroyed', () => (revoked += 1));
    answer(server, provider);
  };
  begin();
  return {
    url,
    get revoked() {
      return revoked;
    },
    settings: {
      TOKEN_ISSUER: url,
      DESK_OIDC_ISSUER: url,
      DESK_OIDC_CLIENT_ID: 'desks',
      DESK_OIDC_PARAMETERS: new URLSearchParams({ resource: RESOURCE }).toString(),
    },
    serve(page) {
      origin = page;
      begin();
    },
    token: (subject, role) => sign(privateKey, { iss: url, sub: subject, role }),
    forgetEverybody: begin,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answer(server: Server, provider: Provider): void {
  const pages = interactions(provider);
  const protocol = provider.callback();
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/interaction/')) void pages(request, response);
    else void protocol(request, response);
  });
}

/** It keeps everything in memory: a new one knows nobody. */
function providerAt(url: string, origin: string, key: JWK, tokenSeconds: number): Provider {
  return new Provider(url, {
    clients: [
      {
        client_id: 'desks',
        token_endpoint_auth_method: 'none',
        redirect_uris: [`${origin}/`],
        post_logout_redirect_uris: [`${origin}/`],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['of the tests'] },
    clientBasedCORS: () => true,
    findAccount: (_context, subject) => ({ accountId: subject, claims: () => ({ sub: subject }) }),
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: async () => true,
    ttl: { AccessToken: tokenSeconds, Grant: 3_600, IdToken: 3_600, Interaction: 3_600, Session: 3_600 },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: confirmSignOut },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: '',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: tokenSeconds,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
}

function sign(key: CryptoKey, claims: { readonly iss: string; readonly sub: string; readonly role: string }) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'key-1', typ: 'at+jwt' })
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('1 hour')
    .sign(key);
}
