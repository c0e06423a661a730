import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './schema.ts';

export type { components, paths } from './schema.ts';
export type Order = components['schemas']['Order'];
export type Money = components['schemas']['Money'];
export type Problem = components['schemas']['Problem'];

/** Every path, parameter, body and answer is typed from the API's own description. */
export type CountersignClient = Client<paths>;

/** A client that speaks for the party of `token`: an access token or an API key. */
export function createCountersignClient(options: { baseUrl: string; token?: string }): CountersignClient {
  const { baseUrl, token } = options;
  return createClient<paths>({ baseUrl, headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } });
}
