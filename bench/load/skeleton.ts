import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { awaitDecision } from '../../workflows/messages/definitions.ts';
import { SKELETON_QUEUE, SKELETON_WORKFLOW } from '../skeleton/queue.ts';
import type { Testbed } from '../testbed/testbed.ts';
import { untilPolled } from './readiness.ts';
import type { Subject } from './subject.ts';

/** (a) The ceiling: the same messages, no steps, no HTTP. */
export async function startSkeleton(testbed: Testbed): Promise<Subject> {
  const namespace = 'skeleton';
  const client = testbed.clientOf(namespace);
  const worker = testbed.start('skeleton-worker', 'bench/skeleton/worker.ts', { TEMPORAL_NAMESPACE: namespace });
  await untilPolled(client, SKELETON_QUEUE, worker);
  return {
    name: 'skeleton',
    client,
    processes: [{ name: 'worker', pid: worker.pid }],
    async request() {
      const workflowId = `skeleton-${randomUUID()}`;
      const startWorkflowOperation = new WithStartWorkflowOperation(SKELETON_WORKFLOW, {
        workflowId,
        taskQueue: SKELETON_QUEUE,
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      await client.workflow.executeUpdateWithStart(awaitDecision, {
        args: [{ requestDigest: '' }],
        startWorkflowOperation,
      });
      return workflowId;
    },
  };
}
