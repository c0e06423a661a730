import type { TokenSource } from './credentials.ts';

/** What an issuer's token endpoint has answered. */
export interface Tokens {
  readonly access_token: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
  /** Seconds from now. */
  readonly expires_in?: number;
}

export interface Renewing {
  readonly renew: (refreshToken: string) => Promise<Tokens>;
  /** Whether the issuer has answered no, and is not only away. */
  readonly isRefusal: (error: unknown) => boolean;
  /** The token has expired, and there is no other. */
  readonly onExpired: () => void;
}

interface Held {
  readonly token: string;
  readonly refreshToken: string | undefined;
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** So long before its end a token is renewed, in milliseconds; a shorter-lived one at half of its life. */
const AHEAD_MS = 30_000;

/**
 * The token to send, renewed by the refresh token shortly before it expires, once for all who ask meanwhile. When the issuer refuses to
 * renew it, or has given no refresh token, it lasts until it expires: then there is none. Throws when the issuer cannot be reached and the
 * token has expired.
 */
export function renewedToken(first: Tokens, { renew, isRefusal, onExpired }: Renewing): TokenSource {
  let held = holding(first);
  let renewal: Promise<void> | undefined;
  const renewHeld = async (refreshToken: string): Promise<void> => {
    try {
      held = holding(await renew(refreshToken), refreshToken);
    } catch (error) {
      if (isRefusal(error)) held = { ...held, refreshToken: undefined };
      else if (Date.now() >= held.expiresAt) throw error;
    }
  };
  return async () => {
    const { refreshToken, renewAt } = held;
    if (refreshToken !== undefined && Date.now() >= renewAt)
      await (renewal ??= renewHeld(refreshToken).finally(() => (renewal = undefined)));
    if (held.refreshToken !== undefined || Date.now() < held.expiresAt) return held.token;
    onExpired();
    return undefined;
  };
}

/** An issuer that changes no refresh token sends none with the next access token. */
function holding(tokens: Tokens, refreshToken?: string): Held {
  const lifetimeMs = (tokens.expires_in ?? Infinity) * 1000;
  const expiresAt = Date.now() + lifetimeMs;
  return {
    token: sendable(tokens),
    refreshToken: tokens.refresh_token ?? refreshToken,
    renewAt: expiresAt - Math.min(AHEAD_MS, lifetimeMs / 2),
    expiresAt,
  };
}

/** Some issuers' access tokens are for themselves alone; then the API takes the ID token. */
function sendable({ access_token, id_token }: Tokens): string {
  return access_token.split('.').length === 3 ? access_token : (id_token ?? access_token);
}
