import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApp } from '../../api/app.ts';
import { serve, type RunningApi } from '../../api/serve.ts';
import { createLogger } from '../../platform/logger.ts';
import type { RunningWorker } from '../support/worker.ts';
import { flourOrder, testApi, workerFor, type TestApi } from './support.ts';

let api: TestApi;
let logged: RunningApi;
let worker: RunningWorker;
const lines: string[] = [];

beforeAll(async () => {
  const destination = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(line.toString());
      done();
    },
  });
  api = await testApi();
  worker = await workerFor(api);
  const logger = createLogger({ name: 'api', level: 'trace', destination });
  const broken = { ...api.deps.sealer, open: async () => Promise.reject(new Error('cannot open')) };
  logged = await serve(createApp({ ...api.deps, logger }), { host: '127.0.0.1', port: 0 });
  const failing = await serve(createApp({ ...api.deps, logger, sealer: broken }), { host: '127.0.0.1', port: 0 });
  await order(logged.url, 'logged', 'request-7');
  await order(failing.url, 'failing', 'request-8');
  await readAddress();
  await failing.close();
});
afterAll(async () => {
  await logged.close();
  await worker.stop();
  await api.close();
});

/** Why an operator reads an address is on record with the order, and in no log. */
async function readAddress(): Promise<void> {
  const [{ id }] = (await api.ask('GET', '/v1/orders')).body.data;
  for (const reason of ['Rosa is not at home', ''])
    await api.ask('GET', `/v1/orders/${id}/delivery-address?${new URLSearchParams({ reason }).toString()}`, {
      as: 'operator-olga',
      at: logged.url,
    });
}

let token = '';
async function order(url: string, key: string, requestId: string): Promise<void> {
  token ||= await api.issuer.issue({ id: 'buyer-ada', role: 'buyer' });
  await fetch(`${url}/v1/orders`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
      'x-request-id': requestId,
    },
    body: JSON.stringify(flourOrder()),
  });
}

test("a request's id goes from its header into the log line and the memo of the workflow", async () => {
  const ofRequest = lines.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === 'request-7');
  expect(ofRequest).toMatchObject([{ req: { method: 'POST', url: '/v1/orders' }, res: { statusCode: 201 } }]);
  const [{ id }] = (await api.ask('GET', '/v1/orders?limit=100')).body.data.slice(-1);
  const { memo } = await api.client.workflow.getHandle(id).describe();
  expect(memo).toEqual({ requestId: 'request-7' });
});

test("a fault is logged under the request's id", () => {
  const faults = lines.map((line) => JSON.parse(line)).filter(({ err }) => err);
  expect(faults[0]).toMatchObject({ requestId: 'request-8', req: { method: 'POST' }, err: { message: 'cannot open' } });
});

test('no line holds personal data, a token or a check', async () => {
  const text = lines.join('');
  expect(text).toContain('request-7');
  expect(text).toContain('/delivery-address?reason=');
  for (const secret of ['Becker', 'Lindenweg', '50667', 'Rosa', token.slice(-20), 'eyJ'])
    expect(text).not.toContain(secret);
});

test('a list that is narrowed to a person does not put that person into the log', async () => {
  const operator = await api.issuer.issue({ id: 'operator-olga', role: 'operator' });
  const headers = { authorization: `Bearer ${operator}`, 'x-request-id': 'request-9' };
  for (const query of ['subject=ada@private.example', 'limit=5&s%75bject=ada@private.example'])
    await fetch(`${logged.url}/v1/identities?${query}`, { headers });
  const ofRequest = lines.filter((line) => JSON.parse(line).requestId === 'request-9');
  expect(ofRequest.length).toBeGreaterThanOrEqual(2);
  expect(ofRequest.join('')).toContain('/v1/identities?...');
  expect(lines.join('')).not.toContain('private.example');
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
test.each([
  ['its own id', { 'x-request-id': 'a.b_c-1' }, 'a.b_c-1'],
  [
    'its own id rather than its trace',
    { 'x-request-id': 'mine', traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
    'mine',
  ],
  ['the trace that it is part of', { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }, TRACE],
  ['a trace of a later version', { traceparent: `01-${TRACE}-00f067aa0ba902b7-01-more` }, TRACE],
  ['a new id: a blank in it', { 'x-request-id': 'a b' }, undefined],
  ['a new id: too long', { 'x-request-id': 'a'.repeat(65) }, undefined],
  ['a new id: no trace', { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }, undefined],
  ['a new id: no parent', { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` }, undefined],
  ['a new id: an impossible version', { traceparent: `ff-${TRACE}-00f067aa0ba902b7-01` }, undefined],
  ['a new id: upper case', { traceparent: `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01` }, undefined],
])('a request has %s', async (_what, headers, wanted) => {
  const { headers: answered } = await fetch(`${logged.url}/v1/orders`, { headers });
  const id = answered.get('x-request-id');
  expect(id).toMatch(wanted ?? /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(lines.map((line) => JSON.parse(line)).some(({ requestId }) => requestId === id)).toBe(true);
});
