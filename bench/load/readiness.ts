import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Child } from '../testbed/child.ts';

const PATIENCE_MS = 120_000;

/** Waits until this worker process polls the queue for workflow tasks. */
export function untilPolled(client: Client, taskQueue: string, worker: Child): Promise<void> {
  return until(worker, async () => {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    });
    return pollers?.some(({ identity }) => identity?.startsWith(`${worker.pid}@`)) ?? false;
  });
}

/** Waits until the address answers 200. */
export function untilAnswers(url: string, server: Child): Promise<void> {
  return until(server, async () => (await fetch(url)).status === 200);
}

async function until(child: Child, ready: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(100)) {
    child.assertAlive();
    if (await ready().catch(() => false)) return;
  }
  throw new Error(`${child.name} was not ready within ${PATIENCE_MS / 1000} seconds`);
}
