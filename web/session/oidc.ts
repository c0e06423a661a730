import {
  ErrorResponse,
  OidcClient,
  type RefreshState,
  WebStorageStateStore,
  type SigninRequest,
  type SigninResponse,
} from 'oidc-client-ts';
import type { components } from '../../client/index.ts';
import { renewedToken } from './renewal.ts';
import { noteRefusedToken, type TokenSource } from './credentials.ts';

/**
 * Signing in at an OpenID Connect issuer: authorization code with PKCE, as a public client. What sessionStorage holds between going to
 * the issuer and coming back is the request's state and verifier; the tokens that come of it are held in memory alone.
 */

export type IssuerSettings = Extract<components['schemas']['SignIn'], { kind: 'oidc' }>;

/** What somebody who comes back from the issuer has brought along. */
export interface Arrival {
  readonly issuer: string;
  readonly subject: string;
  readonly token: TokenSource;
  /** Where on the page they were. */
  readonly returnTo: string;
  /** Revokes the refresh token and ends the session at the issuer too, where the issuer lets pages do that: the browser then leaves this page. */
  readonly leave: () => Promise<void>;
}

/** Nobody is let in: the message says why, and what to do. Without one it is only that the issuer would have had to ask somebody. */
export class SignInRefused extends Error {
  readonly returnTo: string;

  constructor(why: string, returnTo: string, cause: unknown) {
    super(why, { cause });
    this.returnTo = returnTo;
  }
}

const PREFIX = 'countersign.oidc.';

/** Goes to the issuer. `prompt` is OpenID Connect's: `none` comes back without asking anything, `login` asks who it is in any case. */
export async function goToIssuer(
  settings: IssuerSettings,
  returnTo: string,
  prompt?: 'none' | 'login',
): Promise<never> {
  forgetRequests();
  const { url }: SigninRequest = await clientOf(settings).createSigninRequest({ state: { returnTo }, prompt });
  location.assign(url);
  // The page is about to be left.
  return new Promise<never>(() => undefined);
}

/**
 * Takes what the issuer has sent along in the address; `undefined` after signing out there. Throws `SignInRefused` when that is no
 * answer to a request of this tab, or says no.
 */
export async function arrive(settings: IssuerSettings, address: string): Promise<Arrival | undefined> {
  const parameters = new URL(address).searchParams;
  if (!parameters.has('code') && !parameters.has('error')) {
    forgetRequests();
    return undefined;
  }
  const client = clientOf(settings);
  const response = await client.processSigninResponse(address).catch((error: unknown) => {
    throw refusalOf(error);
  });
  return arrivalOf(client, settings, response);
}

function arrivalOf(client: OidcClient, settings: IssuerSettings, response: SigninResponse): Arrival {
  let held = response;
  const renew = async (refreshToken: string): Promise<SigninResponse> => {
    const { id_token, scope, profile } = held;
    const state: RefreshState = { id_token, scope, profile, refresh_token: refreshToken, session_state: null };
    held = await client.useRefreshToken({ state, extraTokenParams: tokenParameters(settings) });
    // An issuer that changes no refresh token sends none: the former one is still held.
    held.refresh_token ??= refreshToken;
    return held;
  };
  return {
    issuer: settings.issuer,
    subject: response.profile.sub,
    token: renewedToken(response, { renew, isRefusal, onExpired: noteRefusedToken }),
    returnTo: returnToIn(response.userState),
    leave: async () => {
      await revoke(client, held.refresh_token);
      await leave(client, held);
    },
  };
}

/** A refresh token outlives the page: it is given back where the issuer takes it back (RFC 7009). Signing out needs no answer to it. */
async function revoke(client: OidcClient, refreshToken: string | undefined): Promise<void> {
  if (refreshToken === undefined) return;
  const endpoint = await client.metadataService.getRevocationEndpoint(true);
  if (endpoint === undefined) return;
  await client.revokeToken(refreshToken, 'refresh_token').catch(() => undefined);
}

async function leave(client: OidcClient, { id_token }: SigninResponse): Promise<void> {
  if ((await client.metadataService.getEndSessionEndpoint()) === undefined) return;
  const request = await client.createSignoutRequest({ id_token_hint: id_token, state: {} });
  location.assign(request.url);
}

function clientOf({ issuer, clientId, scope, parameters }: IssuerSettings): OidcClient {
  const here = `${location.origin}/`;
  return new OidcClient({
    authority: issuer,
    client_id: clientId,
    scope,
    redirect_uri: here,
    post_logout_redirect_uri: here,
    extraQueryParams: parameters,
    extraTokenParams: tokenParameters({ parameters }),
    requestTimeoutInSeconds: 10,
    stateStore: new WebStorageStateStore({ store: sessionStorage, prefix: PREFIX }),
  });
}

/** For which resource a token is must be said when it is asked for, too (RFC 8707, 2.2); other parameters are of the first request alone. */
function tokenParameters({ parameters }: Pick<IssuerSettings, 'parameters'>): Record<string, string> {
  const { resource } = parameters;
  return resource === undefined ? {} : { resource };
}

/** Requests that never came back: there is one at a time. */
function forgetRequests(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}

function isRefusal(error: unknown): boolean {
  return error instanceof ErrorResponse;
}

/** What an issuer answers to `prompt=none` when it would have had to ask (OpenID Connect Core, 3.1.2.6). */
const WOULD_ASK = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

function refusalOf(error: unknown): SignInRefused {
  if (error instanceof ErrorResponse) {
    const { error: code, error_description: description, state } = error;
    const why = `The issuer has not let you in: ${description ? `${description} (${code})` : code}`;
    return new SignInRefused(WOULD_ASK.includes(String(code)) ? '' : why, returnToIn(state), error);
  }
  const message = error instanceof Error ? error.message : String(error);
  const why = /no (matching )?state/i.test(message)
    ? 'This sign-in was not begun in this tab, or has been used already. Sign in again.'
    : `Signing in has failed: ${message}`;
  return new SignInRefused(why, '/', error);
}

/** The page's own word, which the browser has kept beside the request; still only a place on this page. */
function returnToIn(kept: unknown): string {
  const { returnTo } = Object(kept) as { returnTo?: unknown };
  return typeof returnTo === 'string' && /^\/(?![/\\])/.test(returnTo) ? returnTo : '/';
}
