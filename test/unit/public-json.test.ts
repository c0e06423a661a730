import { once } from 'node:events';
import { request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import { sendPublicJson } from '../../api/http/public-json.ts';

/* What anybody may read, as it goes over the network: plain `http`, for `fetch` unpacks by itself. */

const LARGE = { data: Array.from({ length: 500 }, (_, at) => ({ code: at, name: 'Köln' })) };
const SMALL = { data: [] };

let server: Server;
beforeAll(async () => {
  const app = express();
  app.get('/large', (_request, response) => sendPublicJson(response, LARGE));
  app.get('/small', (_request, response) => sendPublicJson(response, SMALL));
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => new Promise((closed) => server.close(closed)));

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { port } = server.address() as AddressInfo;
  const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const bytes = Buffer.concat(await response.toArray());
  return { status: response.statusCode, headers: response.headers, bytes };
}

describe('what anybody may read', () => {
  test('goes compressed to whoever takes that, and says the same', async () => {
    const { headers, bytes } = await ask('/large', { 'accept-encoding': 'gzip, br' });
    expect(headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'application/json; charset=utf-8',
      vary: 'Accept-Encoding',
    });
    expect(JSON.parse(gunzipSync(bytes).toString())).toEqual(LARGE);
  });

  test.each([[{}], [{ 'accept-encoding': 'identity' }], [{ 'accept-encoding': 'gzip;q=0' }]])(
    'goes as it is to whoever says %j',
    async (asked: Record<string, string>) => {
      const { headers, bytes } = await ask('/large', asked);
      expect(headers['content-encoding']).toBeUndefined();
      expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', vary: 'Accept-Encoding' });
      expect(JSON.parse(bytes.toString())).toEqual(LARGE);
    },
  );

  test('goes as it is where there is little of it', async () => {
    const { headers, bytes } = await ask('/small', { 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBeUndefined();
    expect(JSON.parse(bytes.toString())).toEqual(SMALL);
  });

  test('is not sent again to whoever has it, and not at all where only the head is asked for', async () => {
    const gzipped = { 'accept-encoding': 'gzip' };
    const { etag } = (await ask('/large', gzipped)).headers;
    expect(etag).toEqual(expect.any(String));
    expect(await ask('/large', { ...gzipped, 'if-none-match': String(etag) })).toMatchObject({ status: 304 });
    const head = await ask('/large', gzipped, 'HEAD');
    expect([head.status, head.headers.etag, head.bytes.length]).toEqual([200, etag, 0]);
  });
});
