import { readFile } from 'node:fs/promises';
import { createCountersignClient, type CountersignClient } from '../../../client/index.ts';
import type { ApiKeySource, Settings } from '../settings.ts';

/** Speaks for the company at the check office's API. A key that is replaced in its file counts from the next request on. */
export function createOfficeClient({ officeUrl, apiKey }: Pick<Settings, 'officeUrl' | 'apiKey'>): CountersignClient {
  const client = createCountersignClient({ baseUrl: officeUrl });
  client.use({
    async onRequest({ request }) {
      request.headers.set('Authorization', `Bearer ${await keyFrom(apiKey)}`);
      return request;
    },
  });
  return client;
}

async function keyFrom(source: ApiKeySource): Promise<string> {
  return 'key' in source ? source.key : (await readFile(source.file, 'utf8')).trim();
}
