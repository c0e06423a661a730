import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { defaultPayloadConverter, type PayloadCodec } from '@temporalio/common';
import { createCodecApp } from '../../api/codec/app.ts';
import { payloadsSchema, type PayloadsJson } from '../../api/codec/payloads.ts';
import { openDemoIssuer, type DemoIssuer } from '../../api/auth/demo-issuer.ts';
import { tokenVerifier } from '../../api/auth/tokens.ts';
import { generatePayloadKey } from '../../platform/key-files.ts';
import { createLogger } from '../../platform/logger.ts';
import { payloadsBy } from '../../platform/payloads/data-converter.ts';

const UI = 'https://temporal.example';
const folder = mkdtempSync(join(tmpdir(), 'codec-'));
let logged = '';
let url: string;
let issuer: DemoIssuer;
let operator: string;
let ours: PayloadCodec;
let foreign: PayloadCodec;
let close: () => Promise<unknown>;

beforeAll(async () => {
  issuer = await openDemoIssuer(folder);
  operator = await issuer.issue({ id: 'operator-olga', role: 'operator' });
  [ours, foreign] = [await codecOf('ours'), await codecOf('foreign')];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  const app = createCodecApp({
    codec: ours,
    verify: tokenVerifier(issuer),
    origins: [UI, 'https://other.example'],
    namespace: 'orders',
    rateLimit: 1_000,
    trustedProxies: 0,
    logger: createLogger({ name: 'codec', destination }),
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve)));
});
afterAll(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

async function codecOf(name: string): Promise<PayloadCodec> {
  const payloadKeysFile = join(folder, `${name}.json`);
  writeFileSync(payloadKeysFile, JSON.stringify(generatePayloadKey()));
  const [codec] = (await payloadsBy({ payloadKeysFile })).payloadCodecs ?? [];
  if (!codec) throw new Error('no codec');
  return codec;
}

interface Sent {
  readonly body?: unknown;
  readonly token?: string | null;
  readonly headers?: Record<string, string>;
}

/** As the Temporal UI asks: from its own origin, with the namespace and the signed-in person's tokens. */
function ask(path: string, { body, token = operator, headers }: Sent = {}): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      Origin: UI,
      'Content-Type': 'application/json',
      'X-Namespace': 'orders',
      ...(token !== null && { Authorization: `Bearer ${token}`, 'Authorization-Extras': 'the ID token' }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

function preflight(origin: string, path = '/decode?preserveStorageRefs=true'): Promise<Response> {
  const asked = 'authorization,authorization-extras,content-type,x-namespace';
  return fetch(`${url}${path}`, {
    method: 'OPTIONS',
    headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': asked },
  });
}

/** Values as payloads in the JSON of protobuf, encoded by a codec. */
async function closed(codec: PayloadCodec, ...values: unknown[]): Promise<PayloadsJson> {
  const encoded = await codec.encode(values.map((value) => defaultPayloadConverter.toPayload(value)));
  const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
  return {
    payloads: encoded.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
      data: base64(data),
    })),
  };
}

/** What the UI shows of an answer. */
async function shown(response: Response): Promise<unknown[]> {
  const { payloads } = payloadsSchema.parse(await response.json());
  return payloads.map(({ data }) => (data === '' ? undefined : JSON.parse(Buffer.from(data, 'base64').toString())));
}

const address = { name: 'Ada Lovelace', street: 'Quillfeather Lane 7' };

describe('a page', () => {
  test('of an origin on the list is let in by its browser, with every header that the UI sends', async () => {
    const answer = await preflight(UI);
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, UI]);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    const allowed = answer.headers.get('access-control-allow-headers')?.toLowerCase().split(',') ?? [];
    expect(allowed).toEqual(
      expect.arrayContaining(['authorization', 'authorization-extras', 'content-type', 'x-namespace']),
    );
    expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin');
  });

  test.each(['https://evil.example', 'http://temporal.example', `${UI}.evil.example`, 'null'])(
    'of %s is not',
    async (origin) => {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
      const answer = await ask('/decode', { body: { payloads: [] }, headers: { Origin: origin } });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  test('reads refusals, too, and nobody keeps an answer', async () => {
    const refused = await ask('/decode', { body: { payloads: [] }, token: null });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, UI]);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(refused.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('an operator', () => {
  test('has payloads decoded, wherever the address begins, and what was never encrypted comes back as it is', async () => {
    const { payloads } = await closed(ours, address, undefined, 8641);
    const plain = {
      metadata: { encoding: Buffer.from('json/plain').toString('base64') },
      data: Buffer.from('"x"').toString('base64'),
    };
    const body = { payloads: [...payloads, plain] };
    for (const path of ['/decode', '/decode?preserveStorageRefs=true', '/some/where/decode'])
      expect(await shown(await ask(path, { body }))).toEqual([address, undefined, 8641, 'x']);
  });

  test('has payloads encoded as the service encodes them, and decoded again', async () => {
    const { payloads } = await closed({ encode: async (plain) => plain, decode: async (plain) => plain }, address);
    const encoded = payloadsSchema.parse(await (await ask('/encode', { body: { payloads } })).json());
    expect(Buffer.from(encoded.payloads[0]?.metadata['encoding'] ?? '', 'base64').toString()).toBe('binary/encrypted');
    expect(await shown(await ask('/decode', { body: encoded }))).toEqual([address]);
  });

  test('of none is answered none, also where the list is left out, as the CLI does for a query without arguments', async () => {
    for (const path of ['/encode', '/decode'])
      expect(await (await ask(path, { body: {} })).json()).toEqual({ payloads: [] });
  });

  test('sees what is wrong with a payload in its place, and the others beside it', async () => {
    const [good, bad] = (await closed(ours, 'one', 'two')).payloads;
    const [lost] = (await closed(foreign, 'three')).payloads;
    if (!good || !bad || !lost) throw new Error('too few');
    const bytes = Buffer.from(bad.data, 'base64');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    const body = { payloads: [good, { ...bad, data: bytes.toString('base64') }, lost] };
    expect(await shown(await ask('/decode', { body }))).toEqual([
      'one',
      { notDecoded: expect.stringMatching(/^a payload of the key payload-.* was changed, or PAYLOAD_KEYS_FILE/) },
      { notDecoded: expect.stringMatching(/encrypted by the key payload-.*, which PAYLOAD_KEYS_FILE .*does not hold/) },
    ]);
  });

  test('of another namespace is told whose payloads these are', async () => {
    const answer = await ask('/decode', { body: { payloads: [] }, headers: { 'X-Namespace': 'other' } });
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('namespace orders')]);
  });
});

describe('whoever else asks', () => {
  test.each([
    ['without a token', 401, async () => null],
    ['with a token of nobody', 401, async () => 'eyJhbGciOiJub25lIn0.e30.'],
    ['with an expired token', 401, () => issuer.issue({ id: 'operator-olga', role: 'operator' }, '-1 hour')],
    ['as a buyer', 403, () => issuer.issue({ id: 'buyer-ada', role: 'buyer' })],
    ['as a seller', 403, () => issuer.issue({ id: 'seller-mill', role: 'seller' })],
    ['as a distributor', 403, () => issuer.issue({ id: 'distributor-swift', role: 'distributor' })],
  ])('%s is answered %i, and nothing of the payloads', async (_who, status, token) => {
    for (const path of ['/decode', '/encode']) {
      const answer = await ask(path, { body: await closed(ours, address), token: await token() });
      expect([answer.status, await answer.text()]).toEqual([status, expect.not.stringContaining('payloads')]);
    }
  });
});

test.each([
  ['no JSON', '{', 400],
  ['payloads that are no list', { payloads: 'none' }, 422],
  ['data that is no base64', { payloads: [{ data: '%' }] }, 422],
  ['too many', { payloads: Array.from({ length: 2_001 }, () => ({})) }, 422],
  ['too much', `{"payloads":[{"data":"${'A'.repeat(8 * 1024 * 1024)}"}]}`, 413],
])('a body with %s is refused', async (_what, body, status) => {
  expect((await ask('/decode', { body })).status).toBe(status);
});

test('there is nothing else, and it says that it lives', async () => {
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  expect((await ask('/download', { body: { payloads: [] } })).status).toBe(404);
});

test('the log has every request and nothing of what was in it', () => {
  expect(logged).toContain('/decode');
  expect(logged).not.toMatch(/Quillfeather|Ada Lovelace|eyJ|the ID token/);
});
