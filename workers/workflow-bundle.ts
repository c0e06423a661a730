import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';

const STEP_WITNESS = new URL('../workflows/runtime/step-witness.ts', import.meta.url);
const PAYLOAD_CONVERTER = new URL('../workflows/runtime/payload-converter.ts', import.meta.url);
const INTERCEPTORS = ['forward-ids.ts', 'forward-trace.ts'].map(
  (file) => new URL(`../workflows/runtime/${file}`, import.meta.url),
);
/** Loaded by the sandbox and by the worker itself, so as a CommonJS module. */
export const CLOSED_FAILURES = fileURLToPath(new URL('../workflows/runtime/closed-failures.cjs', import.meta.url));
const SANDBOX = new URL('../workflows/runtime/sandbox.ts', import.meta.url);

/**
 * Packs the workflows as the worker's sandbox takes them: done once, for it costs seconds. Their modules are run once a worker
 * instead of once a workflow, which they may be because they keep nothing: all that an order knows is in its `RunningOrder`.
 * `closedFailures`: what failures say is encrypted as payloads are.
 */
export function bundleWorkflows(
  workflows = new URL('../workflows/index.ts', import.meta.url),
  { closedFailures = false, interceptors = INTERCEPTORS } = {},
): Promise<WorkflowBundle> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(workflows),
    payloadConverterPath: fileURLToPath(PAYLOAD_CONVERTER),
    ...(closedFailures && { failureConverterPath: CLOSED_FAILURES }),
    workflowInterceptorModules: interceptors.map((module) => fileURLToPath(module)),
    preloadModules: [SANDBOX, ...interceptors, workflows].map((module) => fileURLToPath(module)),
    logger: new DefaultLogger('WARN'),
  });
}

/** The same for whoever replays histories to be told of their steps. */
export function bundleForReplay(): Promise<WorkflowBundle> {
  return bundleWorkflows(undefined, { interceptors: [STEP_WITNESS] });
}
