import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { taskFailure } from '../order-health/task-failures.ts';
import { versionName } from '../order-health/task-queue.ts';

const LOOK_EVERY_MS = 250;
/** A worker that takes an order over replays its history, which takes it milliseconds. */
const PATIENCE_MS = 30_000;

export interface Target {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** What came of moving an order: `ended` while it was being moved; otherwise why it stays, and that it does. */
export type Moved = 'moved' | 'ended' | { readonly stays: string };

/**
 * Gives a running order to another build, which replays its history and is then the one that it is pinned to. A build that cannot
 * replay it does not keep it: the order goes back to the build that it was on. The signal makes the order's next task.
 */
export async function moveOrder(client: Client, workflowId: string, target: Target, signal: string): Promise<Moved> {
  const attempt = async () => (await client.workflow.getHandle(workflowId).describe()).raw.pendingWorkflowTask?.attempt;
  try {
    const before = (await attempt()) ?? 1;
    await override(client, workflowId, target);
    await client.workflow.getHandle(workflowId).signal(signal);
    for (const giveUpAt = Date.now() + PATIENCE_MS; ; await sleep(LOOK_EVERY_MS)) {
      const { raw } = await client.workflow.getHandle(workflowId).describe();
      const { versioningInfo, closeTime } = raw.workflowExecutionInfo ?? {};
      if (closeTime) return 'ended';
      if (versionName(versioningInfo?.deploymentVersion) === versionName(target)) return 'moved';
      // One more attempt may just have begun on the former build.
      const isFailing = (raw.pendingWorkflowTask?.attempt ?? 1) > before + 1;
      if (!isFailing && Date.now() < giveUpAt) continue;
      const failure = await taskFailure(client, workflowId);
      await override(client, workflowId);
      return { stays: failure?.message ?? 'no worker took it in time' };
    }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'ended';
    throw error;
  }
}

/** For its next task alone; without a target the order goes where it is pinned to. */
async function override(client: Client, workflowId: string, target?: Target): Promise<void> {
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    workflowExecutionOptions: target ? { versioningOverride: { oneTime: { targetDeploymentVersion: target } } } : {},
    updateMask: { paths: ['versioning_override'] },
  });
}
