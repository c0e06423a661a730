import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../api/app.ts';
import { LIMITS, serve, type RunningApi } from '../../api/serve.ts';
import { testApi, type TestApi } from './support.ts';
import { until } from '../support/until.ts';

/** The same limits as in production, ten times as short. */
const SHORT = { headersMs: 1_000, requestMs: 3_000, keepAliveMs: 500, silenceMs: 12_000, connections: 1_000 };
const GET = 'GET /health/live HTTP/1.1\r\nHost: office\r\n\r\n';

let api: TestApi;
let own: RunningApi;
let port: number;
let token: string;
const sockets: Socket[] = [];
beforeAll(async () => {
  api = await testApi();
  own = await serve(createApp(api.deps), { host: '127.0.0.1', port: 0 }, SHORT);
  port = Number(new URL(own.url).port);
  token = await api.issuer.issue({ id: 'buyer-ada', role: 'buyer' });
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await own.close();
  await api.close();
});

/** Sends `first`, then `drip` every fifth of a second. */
function caller(first: string, drip = ''): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  socket.write(first);
  const dripping = setInterval(() => socket.write(drip), 200);
  socket.once('close', () => clearInterval(dripping));
  sockets.push(socket);
  return socket;
}

const post = (): string =>
  `POST /v1/orders HTTP/1.1\r\nHost: office\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n` +
  'Idempotency-Key: stalled\r\nContent-Length: 60000\r\n\r\n{"sellerId":';

describe('a caller who does not do its part is cut off, and everybody else is served meanwhile', () => {
  test.each([
    ['says nothing', () => ['']],
    ['stalls in its headers', () => ['GET /health/live HTTP/1.1\r\nHost: off']],
    ['drips its headers', () => ['GET /health/live HTTP/1.1\r\nHost: office\r\n', 'X-More: 1\r\n']],
    ['stalls in the body', () => [post()]],
    ['drips the body', () => [post(), ' ']],
    [
      'drips a body in chunks',
      () => ['POST /v1/orders HTTP/1.1\r\nHost: office\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\n \r\n'],
    ],
    ['keeps its connection after a request', () => [GET]],
    ['drips empty lines after a request', () => [GET, '\r\n']],
    ['drips the headers of its second request', () => [`${GET}GET / HTTP/1.1\r\n`, 'X-More: 1\r\n']],
    ['drips the body of its second request', () => [GET + post(), ' ']],
  ])('who %s', async (_what, say) => {
    const [first = '', drip] = say();
    const stalled = Array.from({ length: 300 }, () => caller(first, drip));
    expect((await api.ask('GET', '/v1/account', { at: own.url })).status).toBe(200);
    await until(
      () => stalled.filter(({ destroyed, closed }) => !destroyed && !closed).length,
      (stillThere) => stillThere === 0,
    );
  });
});

test('a stream and a slow answer outlive every limit', async () => {
  const stream = caller(`GET /v1/events HTTP/1.1\r\nHost: office\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await sleep(2 * SHORT.requestMs);
  expect(stream.destroyed).toBe(false);
  stream.destroy();
});

test('callers who keep asking are told to go elsewhere when the service ends', async () => {
  const ending = await serve(createApp(api.deps), { host: '127.0.0.1', port: 0 }, SHORT);
  const busy = connect(Number(new URL(ending.url).port), '127.0.0.1');
  let answers = '';
  let asked = 0;
  const ask = (): void => void ((asked += 1), busy.write(GET));
  busy
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      answers += String(chunk);
      if (answers.split('HTTP/1.1 200').length > asked) ask();
    });
  const gone = new Promise((resolve) => busy.once('close', resolve));
  ask();
  await until(() => asked > 5, { seen: () => answers });
  await Promise.all([ending.close(), gone]);
  expect(answers.split('HTTP/1.1 200').at(-1)).toMatch(/^ ?OK[\s\S]*Connection: close/i);
  // Nothing that was taken was left without its answer.
  expect(answers.split('HTTP/1.1 200').length - 1).toBeGreaterThanOrEqual(asked - 1);
});

test('the limits of the service are seconds', () => {
  expect(LIMITS.requestMs).toBeLessThanOrEqual(30_000);
  expect(LIMITS.headersMs).toBeLessThanOrEqual(10_000);
});
