import { api } from '../data/api.ts';
import { restoreDemoSession } from './demo.ts';
import type { Arrival, IssuerSettings } from './oidc.ts';
import type { SignedIn } from './party.ts';

/** Whether somebody is signed in after the page was loaded, and where they want to be. */
export type Restored =
  | { readonly is: 'signed_in'; readonly signedIn: SignedIn; readonly goTo?: string }
  | { readonly is: 'signed_out'; readonly why?: string; readonly goTo?: string };

/** That this tab is signed in at the issuer, never with what. */
const AT_ISSUER = 'countersign.signed-in-at-issuer';

let restoring: Promise<Restored> | undefined;

/** Takes up the session of this tab, once: an issuer's answer can be used once. */
export function restoreSession(): Promise<Restored> {
  restoring ??= restore();
  return restoring;
}

/** Goes to the issuer to sign in, and comes back to where one is. */
export async function signInAtIssuer(settings: IssuerSettings, asSomebodyElse: boolean): Promise<void> {
  const { goToIssuer } = await import('./oidc.ts');
  await goToIssuer(settings, here(), asSomebodyElse ? 'login' : undefined);
}

async function restore(): Promise<Restored> {
  const signedIn = await restoreDemoSession();
  if (signedIn) return { is: 'signed_in', signedIn };
  const returned = location.pathname === '/' && new URLSearchParams(location.search).has('state');
  if (!returned && sessionStorage.getItem(AT_ISSUER) === null) return { is: 'signed_out' };
  const { data: how } = await api.GET('/v1/sign-in');
  if (how?.kind !== 'oidc') return { is: 'signed_out' };
  return returned ? takeAnswer(how) : askAgain(how);
}

/** The issuer's own session outlasts a reload: it is asked without a question to anybody. */
async function askAgain(settings: IssuerSettings): Promise<Restored> {
  sessionStorage.removeItem(AT_ISSUER);
  const { goToIssuer } = await import('./oidc.ts');
  try {
    return await goToIssuer(settings, here(), 'none');
  } catch {
    return { is: 'signed_out', why: `The issuer ${settings.issuer} cannot be reached. Sign in again.` };
  }
}

async function takeAnswer(settings: IssuerSettings): Promise<Restored> {
  const { arrive, SignInRefused } = await import('./oidc.ts');
  try {
    const arrival = await arrive(settings, location.href);
    return arrival ? await partyOf(arrival) : { is: 'signed_out', goTo: '/' };
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    return { is: 'signed_out', why: error.message || undefined, goTo: error.returnTo };
  }
}

/** Who that is here. */
async function partyOf({ token, issuer, subject, leave, returnTo }: Arrival): Promise<Restored> {
  const headers = { Authorization: `Bearer ${await token()}` };
  const { data: me, error, response } = await api.GET('/v1/me', { headers });
  if (response.status === 401) return { is: 'signed_out', why: unknownHere(issuer, subject), goTo: returnTo };
  if (!me) throw error;
  sessionStorage.setItem(AT_ISSUER, 'yes');
  const end = async (): Promise<void> => {
    sessionStorage.removeItem(AT_ISSUER);
    await leave();
  };
  return {
    is: 'signed_in',
    signedIn: { session: { partyId: me.partyId, role: me.role }, token, leave: end },
    goTo: returnTo,
  };
}

function unknownHere(issuer: string, subject: string): string {
  return `No party is registered for this sign-in. An operator adds it with PUT /v1/identities: issuer ${issuer}, subject ${subject}. Then sign in again.`;
}

function here(): string {
  return `${location.pathname}${location.search}`;
}
