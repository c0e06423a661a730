import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';

const PAYLOAD_CONVERTER = new URL('../workflows/runtime/payload-converter.ts', import.meta.url);
const INTERCEPTORS = ['forward-ids.ts', 'forward-trace.ts'].map(
  (file) => new URL(`../workflows/runtime/${file}`, import.meta.url),
);
const SANDBOX = new URL('../workflows/runtime/sandbox.ts', import.meta.url);

/**
 * Packs the workflows as the worker's sandbox takes them: done once, for it costs seconds. Their modules are run once a worker
 * instead of once a workflow, which they may be because they keep nothing: all that an order knows is in its `RunningOrder`.
 */
export function bundleWorkflows(
  workflows = new URL('../workflows/index.ts', import.meta.url),
): Promise<WorkflowBundle> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(workflows),
    payloadConverterPath: fileURLToPath(PAYLOAD_CONVERTER),
    workflowInterceptorModules: INTERCEPTORS.map((module) => fileURLToPath(module)),
    preloadModules: [SANDBOX, ...INTERCEPTORS, workflows].map((module) => fileURLToPath(module)),
    logger: new DefaultLogger('WARN'),
  });
}
