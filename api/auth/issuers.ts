import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isRole, ROLES, type Role } from '../../domain/party.ts';
import { SettingsError } from '../../platform/settings.ts';
import { CLAIMS, type TokenClaims, type TokenIssuerSettings } from '../../platform/settings-tokens.ts';
import type { FindIdentity } from './identities.ts';
import { TokenIssuerError } from './token-refusals.ts';

/** Whose tokens are taken, with which keys they are verified, and where they say who they are of. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly keys: JWTVerifyGetKey;
  readonly claims: TokenClaims;
  /** Its names of our roles. Absent: our own. */
  readonly roles: ReadonlyMap<string, Role>;
  /** Outside issuers only: fetches the keys, so that a fault is found before a token comes, and says from where. */
  readonly fetchKeys?: () => Promise<string>;
  /** Outside issuers only: what the registry knows of its subjects comes before what its tokens claim. */
  readonly identities?: FindIdentity;
}

const FETCH_TIMEOUT_MS = 5_000;
/** A token of an unknown key makes the keys be fetched again, but no more often than this. */
const COOLDOWN_MS = 30_000;
const DISCOVERY_MS = 3_600_000;

/** An outside issuer; its keys are fetched when they are first needed, and kept. Throws `SettingsError` for a role that is none. */
export function remoteIssuer(settings: TokenIssuerSettings, identities?: FindIdentity): TokenIssuer {
  const { issuer, jwksUrl, audiences, claims, roleMap } = settings;
  const keys = jwksUrl === undefined ? discoveredKeys(issuer) : keysAt(jwksUrl);
  return { issuer, audiences, ...keys, claims, roles: rolesBy(roleMap), identities };
}

/** An issuer whose keys are at hand. */
export function localIssuer(jwks: JSONWebKeySet, issuer: string, audience: string): TokenIssuer {
  return { issuer, audiences: [audience], keys: createLocalJWKSet(jwks), claims: CLAIMS, roles: rolesBy() };
}

const OUR_NAMES = Object.fromEntries(ROLES.map((role) => [role, role]));

/** Says in the log whose tokens are taken, or what is in the way, before the first of them comes. Never throws. */
export async function announce(from: TokenIssuer, logger: Pick<Logger, 'info' | 'warn'>): Promise<void> {
  const { issuer, audiences, claims, roles } = from;
  try {
    const jwksUrl = await from.fetchKeys?.();
    logger.info({ issuer, audiences, claims, roles: [...roles.keys()], jwksUrl }, 'tokens of this issuer are taken');
  } catch (error) {
    logger.warn({ issuer, err: error }, 'the keys of this token issuer cannot be had: its tokens are answered 503');
  }
}

function rolesBy(map: Readonly<Record<string, string>> = OUR_NAMES): ReadonlyMap<string, Role> {
  return new Map(
    Object.entries(map).map(([name, role]) => {
      if (isRole(role)) return [name, role];
      throw new SettingsError(`TOKEN_ROLE_MAP maps "${name}" to "${role}", which is none of ${ROLES.join(', ')}`);
    }),
  );
}

type RemoteKeys = Required<Pick<TokenIssuer, 'keys' | 'fetchKeys'>>;

function keysAt(url: string): RemoteKeys {
  const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: FETCH_TIMEOUT_MS, cooldownDuration: COOLDOWN_MS });
  return { keys, fetchKeys: () => keys.reload().then(() => url) };
}

interface Discovered extends RemoteKeys {
  readonly url: string;
  readonly askAgainAt: number;
}

/** The keys of an issuer that says itself where they are. It is asked again every hour; while it does not answer, what it said last counts. */
function discoveredKeys(issuer: string): RemoteKeys {
  let known: Discovered | undefined;
  let asking: Promise<Discovered> | undefined;

  const ask = async (): Promise<Discovered> => {
    const url = await discover(issuer).catch((error: unknown) => {
      if (known) return known.url;
      throw error;
    });
    const keys = known?.url === url ? known : keysAt(url);
    return (known = { ...keys, url, askAgainAt: Date.now() + DISCOVERY_MS });
  };
  const found = (): Discovered | Promise<Discovered> => {
    if (known && Date.now() < known.askAgainAt) return known;
    // All who come at once share one question.
    asking ??= ask().finally(() => (asking = undefined));
    return asking;
  };
  return {
    keys: async (header, token) => (await found()).keys(header, token),
    fetchKeys: async () => (await found()).fetchKeys(),
  };
}

const metadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/** OpenID Connect Discovery 1.0, 4: where the issuer's keys are. Throws `TokenIssuerError`, which names what to do. */
async function discover(issuer: string): Promise<string> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
  if (!answer.ok) throw new TokenIssuerError(`${address} answers ${answer.status}: set TOKEN_JWKS_URL`);
  const said = metadata.safeParse(await answer.json());
  if (!said.success) throw new TokenIssuerError(`${address} names no issuer with its keys: set TOKEN_JWKS_URL`);
  // Otherwise anybody who serves this address could speak for another issuer (4.3).
  if (said.data.issuer === issuer) return said.data.jwks_uri;
  throw new TokenIssuerError(
    `${address} is of the issuer ${said.data.issuer}: TOKEN_ISSUER must be that, character by character`,
  );
}
