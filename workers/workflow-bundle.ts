import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';

/** Packs the workflows as the worker's sandbox takes them: done once, for it costs seconds. */
export function bundleWorkflows(
  workflows = new URL('../workflows/index.ts', import.meta.url),
): Promise<WorkflowBundle> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(workflows),
    logger: new DefaultLogger('WARN'),
  });
}
