import { Worker, type NativeConnection, type WorkerOptions, type WorkflowBundle } from '@temporalio/worker';
import { createOrderActivities } from '../activities/index.ts';
import type { OrderDeps } from '../activities/deps.ts';
import { createNotary } from '../office/delivering.ts';
import { createRegisters } from '../office/registers.ts';
import { taskQueues } from '../temporal.config.ts';

export interface OrderWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly workflowBundle: WorkflowBundle | { readonly codePath: string };
  readonly deps: Omit<OrderDeps, 'registers' | 'notary'>;
  /** For tests that break a step on purpose. */
  readonly activities?: (steps: ReturnType<typeof createOrderActivities>) => object;
}

/** A worker that tells orders and takes their steps. Call `run()`; `shutdown()` finishes what it took. */
export function createOrderWorker(options: OrderWorkerOptions): Promise<Worker> {
  const { connection, namespace, workflowBundle, deps, activities = (steps) => steps } = options;
  const { orm } = deps;
  return Worker.create({
    connection,
    namespace,
    taskQueue: taskQueues.orders,
    workflowBundle,
    activities: activities(
      createOrderActivities({ ...deps, registers: createRegisters(orm), notary: createNotary(orm) }),
    ),
    ...workerTuning,
  });
}

/** How the worker is run; the benchmark's comparison workers are run the same way. */
export const workerTuning = {
  // A step taken beside the workflow ends with the worker; it is taken again elsewhere, under the same key.
  shutdownGraceTime: '5 seconds',
  maxCachedWorkflows: 2_000,
} as const satisfies Partial<WorkerOptions>;
