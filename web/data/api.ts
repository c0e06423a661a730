import createQueryClient from 'openapi-react-query';
import { createCountersignClient } from '../../client/index.ts';
import { noAnswer } from './problems.ts';
import { currentToken, noteRefused } from '../session/credentials.ts';

/** The typed client of this very service, speaking for whoever is signed in. */
export const api = createCountersignClient({ baseUrl: '', token: currentToken });

/** Longer than any answer takes: a request that a network has swallowed is given up, and says so. */
const PATIENCE_MS = 30_000;

api.use({
  onRequest: ({ request }) =>
    new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE_MS)]) }),
  onResponse: async ({ request, response }) => {
    const token = /^Bearer (.+)$/.exec(request.headers.get('Authorization') ?? '')?.[1];
    if (response.status === 401 && token !== undefined) await noteRefused(token);
    return isOfTheApi(response) ? undefined : Response.json(noAnswer(response.status), { status: response.status });
  },
});

/** Failures of the API say what they are; others are of something between, such as a proxy. */
function isOfTheApi({ ok, headers }: Response): boolean {
  return ok || headers.get('Content-Type')?.startsWith('application/problem+json') === true;
}

/** The same as React hooks: `query.useQuery('get', '/v1/orders/{orderId}', { params })`. */
export const query = createQueryClient(api);
