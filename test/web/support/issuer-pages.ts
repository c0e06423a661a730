import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

/** The pages on which people say to an issuer who they are, and whether the desks may know. */
export function interactions(
  provider: Provider,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
    if (request.method !== 'POST') return page(response, prompt.name === 'login' ? LOGIN : CONSENT);
    const form = new URLSearchParams(await text(request));
    if (form.has('deny')) {
      const denied = { error: 'access_denied', error_description: 'You did not allow it.' };
      return provider.interactionFinished(request, response, denied, { mergeWithLastSubmission: false });
    }
    if (prompt.name === 'login') {
      const login = { accountId: form.get('name') ?? '' };
      return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    }
    const { Grant } = provider;
    const known = grantId === undefined ? undefined : await Grant.find(grantId);
    const grant = known ?? new Grant({ accountId: session?.accountId, clientId: String(params['client_id']) });
    grant.addOIDCScope('openid');
    const consent = { grantId: await grant.save() };
    return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
  };
}

/** Before it ends a session the issuer asks. */
export function confirmSignOut(context: KoaContextWithOIDC, form: string): void {
  context.body = html(`${form}<button form="op.logoutForm" name="logout" value="yes">End my session</button>`);
}

const LOGIN = '<form method="post"><label>Name <input name="name"></label> <button>Log in</button></form>';
const CONSENT = '<form method="post"><button>Allow</button> <button name="deny" value="yes">Deny</button></form>';

function page(response: ServerResponse, content: string): void {
  response.setHeader('Content-Type', 'text/html').end(html(content));
}

function html(content: string): string {
  return `<!doctype html><html lang="en"><title>Issuer</title><link rel="icon" href="data:,"><h1>Issuer</h1>${content}</html>`;
}
