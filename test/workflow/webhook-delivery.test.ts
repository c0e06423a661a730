import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { AttemptResult, WebhookActivities } from '../../activities/webhook-delivery.ts';
import { wake, WEBHOOK_WORKFLOW } from '../../workflows/messages/webhook.ts';
import { announced } from '../support/run.ts';
import { timeSkippingTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';

const FOLDER = fileURLToPath(new URL('webhook-delivery-histories', import.meta.url));
const queue = { webhookId: 'webhook-1', orderId: 'order-1' };

let environment: TestWorkflowEnvironment;
let codePath: string;
beforeAll(async () => {
  environment = await timeSkippingTemporal();
  ({ codePath } = await announced<{ codePath: string }>('workflow-bundle'));
});
afterAll(() => environment.teardown());

/** Runs one queue whose attempts have these results, then `idle`; returns at which time each was made. */
async function run(name: string, results: AttemptResult[], whileItRuns?: () => Promise<void>): Promise<number[]> {
  const madeAt: number[] = [];
  const activities: WebhookActivities = {
    async attemptDelivery() {
      madeAt.push(await environment.currentTimeMs());
      return results.shift() ?? 'idle';
    },
    deliverNext: () => Promise.reject(new Error('for former queues only')),
    giveUp: () => Promise.reject(new Error('for former queues only')),
  };
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: name,
    workflowBundle: { codePath },
    activities,
  });
  await worker.runUntil(async () => {
    const handle = await environment.client.workflow.signalWithStart(WEBHOOK_WORKFLOW, {
      workflowId: name,
      taskQueue: name,
      args: [queue],
      signal: wake,
    });
    await whileItRuns?.();
    await handle.result();
  });
  return madeAt;
}

test('a queue goes on after a delivery and after one that was given up, and ends when it is idle', async () => {
  expect(await run('goes-on', ['delivered', 'dead', 'delivered'])).toHaveLength(4);
});

test("a parked queue ends: its next time is the database's", async () => {
  const results: AttemptResult[] = ['delivered', 'parked', 'delivered'];
  expect(await run('parked', results)).toHaveLength(2);
  expect(results).toEqual(['delivered']);
});

test('who is to try a failing receiver waits for it by a timer', async () => {
  const hourMs = 60 * 60 * 1000;
  const [first, second] = await run('waits', [{ waitMs: hourMs }, 'delivered']);
  expect(second! - first!).toBeGreaterThanOrEqual(hourMs);
});

test('and is woken before its time', async () => {
  const monthMs = 30 * 24 * 60 * 60 * 1000;
  const woken = run('woken', ['delivered', { waitMs: monthMs }, 'delivered'], async () => {
    const handle = environment.client.workflow.getHandle('woken');
    const waiting = async () =>
      (await handle.fetchHistory()).events?.some((event) => event.timerStartedEventAttributes);
    await until(waiting);
    await handle.signal(wake);
  });
  const times = await woken;
  expect(times.at(-1)! - times[0]!).toBeLessThan(monthMs);
});

test('a queue of thousands of attempts goes on in a fresh history', async () => {
  const madeAt = await run(
    'long',
    Array.from({ length: 1500 }, (): AttemptResult => 'delivered'),
  );
  expect(madeAt).toHaveLength(1501);
  const { runId } = await environment.client.workflow.getHandle('long').describe();
  const [started] = (await environment.client.workflow.getHandle('long', runId).fetchHistory()).events ?? [];
  expect(started?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();
});

test('queues that began under the former code replay under this one', async () => {
  const histories = readdirSync(FOLDER).map((file) => ({
    workflowId: file,
    history: JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as object,
  }));
  expect(histories.length).toBeGreaterThan(0);
  const replays = Worker.runReplayHistories({ workflowBundle: { codePath } }, histories);
  for await (const { workflowId, error } of replays) expect([workflowId, error]).toEqual([workflowId, undefined]);
});
