import { setTimeout as sleep } from 'node:timers/promises';

export interface ClientAnswer {
  readonly status: number;
  // The contract says what it holds; a wrong shape fails where it is read.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** What a terminal of a party does: it asks until it has an answer, for the network owes it none. */
export interface ChaosClient {
  ask(party: string, method: string, path: string, request?: { body?: unknown; key?: string }): Promise<ClientAnswer>;
  /** How often it had to ask again. */
  readonly repeats: number;
}

const REPEAT_MS = 300;
const REQUEST_TIMEOUT_MS = 20_000;

/**
 * Repeats on connection errors, 5xx and 429, with the same Idempotency-Key. Of several APIs each request takes the next one, as a
 * load balancer does. Throws after `deadline`.
 */
export async function openClient(apiUrls: readonly string[], deadline: () => number): Promise<ChaosClient> {
  let repeats = 0;
  let turn = 0;
  const apiUrl = (): string => apiUrls[turn++ % apiUrls.length] ?? '';
  let tokens: Map<string, string> | undefined;
  const patiently = async (once: () => Promise<ClientAnswer>): Promise<ClientAnswer> => {
    for (;;) {
      const answer = await once().catch((error: unknown) => ({ status: 0, body: String(error) }));
      if (answer.status !== 0 && answer.status !== 429 && answer.status < 500) return answer;
      if (Date.now() > deadline()) throw new Error(`no answer any more: ${JSON.stringify(answer)}`);
      repeats += 1;
      await sleep(REPEAT_MS);
    }
  };
  const tokenOf = async (party: string): Promise<string> => {
    tokens ??= tokensOf(await patiently(() => send(`${apiUrl()}/dev/tokens`, 'GET', {})));
    const token = tokens.get(party);
    if (!token) throw new Error(`no token for ${party}`);
    return token;
  };
  return {
    get repeats() {
      return repeats;
    },
    async ask(party, method, path, request = {}) {
      const token = await tokenOf(party);
      return patiently(() => send(`${apiUrl()}${path}`, method, { ...request, token }));
    },
  };
}

async function send(
  url: string,
  method: string,
  { token, body, key }: { token?: string; body?: unknown; key?: string },
): Promise<ClientAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

function tokensOf({ body }: ClientAnswer): Map<string, string> {
  return new Map(body.tokens.map(({ party, token }: { party: string; token: string }) => [party, token]));
}
