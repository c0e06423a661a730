import { Agent, request } from 'node:http';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seedDemo } from '../../office/seed.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { runFolder } from '../support/run.ts';
import { orderFor } from '../support/service.ts';
import { testTemporal } from '../support/temporal.ts';
import { PATIENCE_MS, until } from '../support/until.ts';
import { freePort, run, type Started } from './support.ts';

/* An API process that is asked to end under load: whoever keeps connections busy loses nothing. */

const CALLERS = 6;

let database: TestDatabase;
let api: Started;
let port: number;
let token: string;
beforeAll(async () => {
  const temporal = await testTemporal();
  database = await testDatabase();
  await seedDemo(database.orm);
  port = Number(await freePort());
  api = run('api/main.ts', {
    DATABASE_URL: database.serviceUrl,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    DATA_DIR: mkdtempSync(join(runFolder(), 'draining-')),
    PORT: String(port),
    EMBEDDED: 'true',
    // No worker runs: an order is taken, and answered with 202 at once.
    POST_WAIT_MS: '100',
    // Longer than a loaded machine needs for the rest; a second signal ends it.
    DRAIN_PAUSE_MS: '60000',
    RATE_LIMIT_PER_MINUTE: '1000000',
  });
  const tokens = () =>
    fetch(`http://127.0.0.1:${port}/dev/tokens`).then(
      (answer) => answer.json(),
      () => undefined,
    );
  const issued = (await until(tokens, { seen: () => api.output(), patienceMs: 2 * PATIENCE_MS })) as {
    tokens: { party: string; token: string }[];
  };
  token = issued.tokens.find(({ party }) => party === 'buyer-ada')?.token ?? '';
});
afterAll(async () => {
  api.child.kill('SIGKILL');
  await api.ended();
  await database.close();
});

/** What came of one request. */
type Came =
  | { readonly as: 'answered'; readonly status: number; readonly id?: string; readonly closes: boolean }
  /** Nothing was sent: there was no connection. */
  | { readonly as: 'refused' }
  /** A connection that had been used before, or an answer that had begun, broke. */
  | { readonly as: 'cut'; readonly code: string };

function post(agent: Agent, key: string): Promise<Came> {
  return new Promise((resolve) => {
    let answering = false;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key };
    const sent = request({ agent, port, host: '127.0.0.1', path: '/v1/orders', method: 'POST', headers }, (answer) => {
      answering = true;
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', (error) => resolve({ as: 'cut', code: String(error) }));
      answer.on('end', () => {
        const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id?: string };
        resolve({ as: 'answered', status: answer.statusCode ?? 0, id, closes: answer.headers.connection === 'close' });
      });
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isFresh = !sent.reusedSocket && !answering;
      resolve(isFresh ? { as: 'refused' } : { as: 'cut', code: error.code ?? String(error) });
    });
    sent.end(JSON.stringify(orderFor()));
  });
}

/** Asks again and again over one connection, as long as there is one to be had. */
async function keepAsking(caller: number, came: Came[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let last: Came | undefined, asked = 0; last?.as !== 'refused'; asked += 1) {
    last = await post(agent, `caller ${caller} request ${asked}`);
    came.push(last);
  }
  agent.destroy();
}

test('busy callers over kept connections are answered or find nobody; no order is taken that they do not know of', async () => {
  const came: Came[] = [];
  const callers = Array.from({ length: CALLERS }, (_nobody, caller) => keepAsking(caller, came));
  const taken = async (): Promise<string[]> => {
    const rows = await database.orm.em.fork().execute<{ id: string }[]>('select id from orders');
    return rows.map(({ id }) => id);
  };
  await until(taken, (ids) => ids.length > 4 * CALLERS);
  const stream = await fetch(`http://127.0.0.1:${port}/v1/events`, { headers: { authorization: `Bearer ${token}` } });
  // To its end: a stream that is cut off throws.
  const streamed = stream.text();
  api.child.kill('SIGTERM');

  // At once, while the other requests are still answered.
  const ready = () =>
    fetch(`http://127.0.0.1:${port}/health/ready`).then(
      async (answer) => ({ status: answer.status, body: await answer.text() }),
      () => undefined,
    );
  const seen = await until(ready, (answer) => answer?.status === 503 && answer.body.includes('draining'));
  expect(seen?.status).toBe(503);
  // From the signal on each answer is the last one on its connection.
  const closed = () => came.filter((one) => one.as === 'answered' && one.closes).length;
  await until(closed, (count) => count >= CALLERS);
  api.child.kill('SIGTERM');

  await Promise.all(callers);
  expect(await streamed).toContain('event: ');
  expect(await api.ended()).toBe(0);
  expect(came.filter(({ as }) => as === 'cut')).toEqual([]);
  const answered = came.filter((one) => one.as === 'answered');
  expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([202]));
  const known = new Set(answered.map(({ id }) => id));
  expect((await taken()).filter((id) => !known.has(id))).toEqual([]);
});
