import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../support/until.ts';
import { followStream, type Stream, type StreamTimes } from '../../../web/data/stream.ts';

/* A real server, whose answers each test says one after the other; times are short. */

const TIMES: Partial<StreamTimes> = {
  openMs: 60_000,
  silenceMs: 60_000,
  lookMs: 20,
  firstMs: 20,
  mostMs: 60,
  goodMs: 0,
};

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

let server: Server | undefined;
let stream: Stream | undefined;

afterEach(() => {
  stream?.close();
  server?.closeAllConnections();
  server?.close();
});

async function follow(answers: readonly Answer[], times: Partial<StreamTimes> = {}) {
  const requests: (string | undefined)[] = [];
  server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(request.headers['last-event-id'] as string | undefined);
    answer?.(response, request);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const told: string[] = [];
  stream = followStream(
    (lastEventId, signal) =>
      fetch(url, { signal, headers: lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId } }),
    {
      onOpen: () => told.push('open'),
      onEvent: (data) => told.push(data),
      onBreak: ({ opened }) => told.push(opened ? 'broke off' : 'not opened'),
    },
    { ...TIMES, ...times },
  );
  return { requests, told };
}

const begin = (response: ServerResponse) => response.writeHead(200, { 'Content-Type': 'text/event-stream' });
const stays: Answer = (response) => void begin(response).write(': here\n\n');
const says =
  (text: string, then: (response: ServerResponse) => void = () => undefined): Answer =>
  (response) => {
    begin(response).write(text);
    setTimeout(() => then(response), 20);
  };
const ends = (response: ServerResponse) => response.end();
const breaks = (response: ServerResponse) => response.destroy();

test('events without a name are told, and others, and comments, are not', async () => {
  const { told } = await follow([says('event: opened\ndata: x\n\n: here\n\nid: 1\ndata: one\n\ndata: two\n\n')]);
  await until(() => told.includes('two'));
  expect(told).toEqual(['open', 'one', 'two']);
});

test.each([
  ['ends', ends],
  ['breaks off', breaks],
])('a stream that %s is opened again after the last event', async (_how, breakIt) => {
  const { told, requests } = await follow([says('id: e1\ndata: one\n\n', breakIt), says('id: e2\ndata: two\n\n')]);
  await until(() => told.includes('two'));
  expect(told).toEqual(['open', 'one', 'broke off', 'open', 'two']);
  expect(requests).toEqual([undefined, 'e1']);
});

test('an id without an event counts, too: one resumes where nothing has come yet', async () => {
  const { told, requests } = await follow([says('id: e7\n\n', ends), stays]);
  await until(() => told.filter((one) => one === 'open').length === 2);
  expect(requests).toEqual([undefined, 'e7']);
});

test('a stream that falls silent is given up and opened again', async () => {
  const { told } = await follow([says('id: e1\ndata: one\n\n'), says('data: two\n\n')], {
    silenceMs: 200,
  });
  await until(() => told.includes('two'));
  expect(told.slice(0, 5)).toEqual(['open', 'one', 'broke off', 'open', 'two']);
});

test('comments keep a stream that has no events', async () => {
  let beats = 0;
  const beating: Answer = (response) => {
    begin(response).write(': here\n\n');
    const timer = setInterval(() => {
      beats += 1;
      response.write(': here\n\n');
    }, 100);
    response.on('close', () => clearInterval(timer));
  };
  const { told, requests } = await follow([beating], { silenceMs: 3_000 });
  await until(() => beats > 40);
  expect(told).toEqual(['open']);
  expect(requests).toHaveLength(1);
});

test('a request that is never answered is given up', async () => {
  const { told } = await follow([() => undefined, stays], { openMs: 300 });
  await until(() => told.includes('open'));
  expect(told.at(-1)).toBe('open');
  expect(told[0]).toBe('not opened');
});

test.each([
  ['503', (response: ServerResponse) => response.writeHead(503).end()],
  [
    "a proxy's own page",
    (response: ServerResponse) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'),
  ],
  ['nothing at all', (response: ServerResponse) => response.destroy()],
])('a stream that is answered by %s is tried again until it opens', async (_what, refuse) => {
  const { told } = await follow([refuse, refuse, stays]);
  await until(() => told.includes('open'));
  expect(told).toEqual(['not opened', 'not opened', 'open']);
});

test.each([400, 422])('a place that the service does not know (%i) is forgotten', async (status) => {
  const { told, requests } = await follow([
    says('id: foreign\ndata: one\n\n', ends),
    (response) => response.writeHead(status).end(),
    stays,
  ]);
  await until(() => told.filter((one) => one === 'open').length === 2);
  expect(requests).toEqual([undefined, 'foreign', undefined]);
});

test('what is asked for by Retry-After is waited for, unless one connects at once by hand', async () => {
  const { told, requests } = await follow([
    (response) => response.writeHead(503, { 'Retry-After': '60' }).end(),
    stays,
  ]);
  await until(() => told.includes('not opened'));
  expect(requests).toHaveLength(1);
  stream?.restart();
  await until(() => told.includes('open'));
});

test('a stream that runs can be begun anew', async () => {
  const { told, requests } = await follow([says('id: e1\ndata: one\n\n'), stays]);
  await until(() => told.includes('one'));
  stream?.restart();
  await until(() => told.filter((one) => one === 'open').length === 2);
  expect(requests).toEqual([undefined, 'e1']);
});

test('a closed stream ends its connection, says nothing more and is not opened again', async () => {
  const gone = Promise.withResolvers<void>();
  const { told, requests } = await follow([
    (response, request) => {
      stays(response, request);
      response.on('close', () => gone.resolve());
    },
  ]);
  await until(() => told.includes('open'));
  stream?.close();
  await gone.promise;
  expect(told).toEqual(['open']);
  expect(requests).toHaveLength(1);
});
