import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './schema.ts';

export type { components, paths } from './schema.ts';
export type Order = components['schemas']['Order'];
export type Money = components['schemas']['Money'];
export type Problem = components['schemas']['Problem'];

/** Every path, parameter, body and answer is typed from the API's own description. */
export type CountersignClient = Client<paths>;

/** An access token or an API key, or where the one of the moment is had from: `undefined` for none. */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>);

/** A client that speaks for the party of `token`; a function is asked for each request. */
export function createCountersignClient(options: { baseUrl: string; token?: TokenSource }): CountersignClient {
  const { baseUrl, token } = options;
  const client = createClient<paths>({ baseUrl });
  client.use({
    async onRequest({ request }) {
      const current = typeof token === 'function' ? await token() : token;
      if (current !== undefined && !request.headers.has('Authorization'))
        request.headers.set('Authorization', `Bearer ${current}`);
    },
  });
  return client;
}
