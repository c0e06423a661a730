import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import {
  exchange,
  OversizeError,
  postJson,
  type ExchangeAnswer,
  type OutgoingAnswer,
} from '../../platform/outgoing.ts';

/*
 * Receivers that behave badly, over real sockets. The time that they are given is short here; each test only says how an
 * attempt ends, not when.
 */
const sockets = new Set<Socket>();
let server: Server | undefined;
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server?.close(resolve));
});

async function post(behave: (socket: Socket) => void, body = '{}', timeoutMs = 500): Promise<OutgoingAnswer> {
  return postJson({ url: await listening(behave), body, headers: {}, timeoutMs, allowPrivate: true });
}

/** Asks for a whole answer of at most a thousand bytes. */
async function whole(
  behave: (socket: Socket) => void,
  timeoutMs = PLENTY,
  signal?: AbortSignal,
): Promise<ExchangeAnswer> {
  const url = await listening(behave);
  return exchange({ url, headers: {}, timeoutMs, maxBytes: 1_000, allowPrivate: true, signal });
}

async function listening(behave: (socket: Socket) => void): Promise<string> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    behave(socket);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const onRequest = (answer: (socket: Socket) => void) => (socket: Socket) => socket.once('data', () => answer(socket));
const PLENTY = 30_000;

test("an answer's status and Retry-After are read, its body is not", async () => {
  const endless = onRequest((socket) => {
    socket.write('HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 1000000000\r\n\r\nand so on');
  });
  expect(await post(endless, '{}', PLENTY)).toEqual({ status: 503, retryAfter: '7' });
});

test('a redirect is an answer, and is not followed', async () => {
  const elsewhere = onRequest((socket) =>
    socket.end('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'),
  );
  expect(await post(elsewhere, '{}', PLENTY)).toMatchObject({ status: 302 });
});

test('who answers byte by byte is given up: the time counts for the whole', async () => {
  const slowly = onRequest((socket) => {
    const text = `HTTP/1.1 200 OK\r\nX-Slow: ${'x'.repeat(10_000)}\r\n\r\n`;
    let sent = 0;
    const timer = setInterval(() => socket.write(text.charAt(sent++)), 20);
    socket.on('close', () => clearInterval(timer));
  });
  await expect(post(slowly)).rejects.toThrow(/abort|timeout/i);
});

test('who sends one informational answer after the other is given up', async () => {
  const informing = onRequest((socket) => {
    const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  await expect(post(informing)).rejects.toThrow(/abort|timeout/i);
});

test('who never reads is given up', async () => {
  await expect(post((socket) => socket.pause(), JSON.stringify('x'.repeat(20_000_000)))).rejects.toThrow(
    /abort|timeout/i,
  );
});

test('who takes the connection and says nothing is given up', async () => {
  await expect(post(() => undefined)).rejects.toThrow(/abort|timeout/i);
});

test('headers of more than 16 KiB are refused', async () => {
  const chatty = onRequest((socket) => socket.end(`HTTP/1.1 200 OK\r\nX-Much: ${'x'.repeat(20_000)}\r\n\r\n`));
  await expect(post(chatty, '{}', PLENTY)).rejects.toThrow(/header/i);
});

test.each([
  ['before it answers', (socket: Socket) => socket.destroy()],
  ['in the midst of its headers', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nX-Half')],
  ['without speaking HTTP', (socket: Socket) => socket.end('220 mail ready\r\n')],
])('who closes early, %s, has not answered', async (_when, answer) => {
  await expect(post(onRequest(answer), '{}', PLENTY)).rejects.toThrow(/hang up|parse error|ECONNRESET/i);
});

test('a whole answer has status, type and body', async () => {
  const answering = onRequest((socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: Application/JOSE; x=1\r\nContent-Length: 2\r\n\r\nok'),
  );
  const answer = { status: 200, mediaType: 'application/jose', encoding: '', body: Buffer.from('ok') };
  expect(await whole(answering)).toEqual(answer);
});

test('a body that comes byte by byte is given up: the time counts to the last byte', async () => {
  const slowly = onRequest((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n');
    const timer = setInterval(() => socket.write('x'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  await expect(whole(slowly, 500)).rejects.toMatchObject({ name: 'TimeoutError' });
});

const long = (bytes: number) =>
  onRequest((socket) => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${'x'.repeat(bytes)}`));

test('a body of exactly the bound is taken', async () => {
  expect((await whole(long(1_000))).body).toHaveLength(1_000);
});

test('one byte more is not', async () => {
  await expect(whole(long(1_001))).rejects.toThrow(OversizeError);
});

test('of another answer than 200 the body is not read', async () => {
  const endless = onRequest((socket) => {
    socket.write('HTTP/1.1 500 Oops\r\nContent-Length: 1000000000\r\n\r\nand so on');
  });
  expect(await whole(endless)).toMatchObject({ status: 500, body: Buffer.alloc(0) });
});

test('whoever asked may end it early, also in the midst of the body', async () => {
  const ending = new AbortController();
  const half = onRequest((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf', () => ending.abort(new Error('not wanted')));
  });
  await expect(whole(half, PLENTY, ending.signal)).rejects.toThrow('not wanted');
});

test('a whole answer is asked for under the same rules: nothing inside', async () => {
  const url = await listening(() => undefined);
  const asked = exchange({ url, headers: {}, timeoutMs: PLENTY, maxBytes: 1, allowPrivate: false });
  await expect(asked).rejects.toThrow('must be an https URL');
});
