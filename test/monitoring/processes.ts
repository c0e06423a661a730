import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { Worker } from '@temporalio/worker';
import { seedDemo } from '../../office/seed.ts';
import { openConnection } from '../../platform/temporal-connection.ts';
import type { Answer, TestApi } from '../api/support.ts';
import { freePort, run, type Started } from '../scripts/support.ts';
import { testDatabase } from '../support/database.ts';
import { runFolder } from '../support/run.ts';
import { testTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';

/** API and worker as processes of their own, with all that they say and show. */
export interface Processes extends Pick<TestApi, 'ask' | 'url'> {
  /** Where the worker shows its metrics. */
  readonly workerMetricsUrl: string;
  /** The lines of both logs, in the order of each. */
  lines(): Line[];
  /** What Temporal has on record of an order. */
  historyOf(orderId: string): Promise<History>;
  close(): Promise<void>;
}

type History = Parameters<typeof Worker.runReplayHistory>[1];

/** A line of a log. */
export type Line = Readonly<Record<string, unknown>>;

/** Starts both over the run's servers, with the demo parties. */
export async function startProcesses(more: Record<string, string> = {}): Promise<Processes> {
  const [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  await seedDemo(database.orm);
  const [port, metricsPort] = [await freePort(), await freePort()];
  const env = {
    PORT: port,
    DATABASE_URL: database.serviceUrl,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    DATA_DIR: mkdtempSync(join(runFolder(), 'processes-')),
    EMBEDDED: 'true',
    POST_WAIT_MS: '60000',
    WEBHOOK_PRIVATE_TARGETS: 'true',
    ...more,
  };
  const url = `http://127.0.0.1:${port}`;
  // One after the other: the first makes the keys.
  const api = run('api/main.ts', env);
  await untilLogged(api, 'listening');
  const worker = run('workers/main.ts', { ...env, WORKER_METRICS_ADDRESS: `127.0.0.1:${metricsPort}` });
  await untilLogged(worker, 'working');
  const tokens = await demoTokens(url);
  return {
    url,
    workerMetricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    lines: () => [api, worker].flatMap(linesOf),
    async historyOf(orderId) {
      const connection = await openConnection({ address: temporal.address });
      const client = new Client({ connection, namespace: temporal.namespace });
      const history = await client.workflow.getHandle(orderId).fetchHistory();
      await connection.close();
      return history;
    },
    async ask(method, path, { as = 'buyer-ada', body, key, headers = {} } = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(as !== null && { authorization: `Bearer ${tokens.get(as)}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key !== undefined && { 'idempotency-key': key }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: await bodyOf(response) };
    },
    async close() {
      for (const { child } of [api, worker]) child.kill('SIGKILL');
      await Promise.all([api.ended(), worker.ended()]);
      await database.close();
    },
  };
}

async function untilLogged(started: Started, message: string): Promise<void> {
  const said = () => linesOf(started).some(({ msg }) => msg === message);
  await until(() => said() || started.child.exitCode !== null, { what: message, seen: () => started.output() });
  if (!said()) throw new Error(`it did not start:\n${started.output()}`);
}

/** Whole lines: the last one may still be on its way. */
function linesOf(started: Started): Line[] {
  const whole = started.output().split('\n').slice(0, -1);
  return whole.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
}

async function demoTokens(url: string): Promise<Map<string, string>> {
  const answer = (await (await fetch(`${url}/dev/tokens`)).json()) as Answer['body'];
  return new Map(answer.tokens.map(({ party, token }: Record<string, string>) => [party, token]));
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  return response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
}
