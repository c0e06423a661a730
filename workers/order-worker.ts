import type { DataConverter, VersioningBehavior } from '@temporalio/common';
import {
  Worker,
  type InjectedSinks,
  type NativeConnection,
  type WorkerInterceptors,
  type WorkerOptions,
  type WorkflowBundle,
} from '@temporalio/worker';
import { createOrderActivities } from '../activities/index.ts';
import type { OrderDeps } from '../activities/deps.ts';
import { createReconciliationActivities, type ReconciliationDeps } from '../activities/reconciliation.ts';
import type { Orm } from '../platform/orm.ts';
import { plainPayloads } from '../platform/payloads/data-converter.ts';
import { taskQueues } from '../temporal.config.ts';
import type { TraceSinks } from '../workflows/runtime/forward-trace.ts';
import { runSink } from './step-trace.ts';

export interface OrderWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly workflowBundle: WorkflowBundle | { readonly codePath: string };
  /** How payloads travel. Default: as they are. */
  readonly dataConverter?: DataConverter;
  readonly deps: OrderDeps;
  /** The version that it is of a worker deployment: orders stay on the build that they began on. Absent: not versioned. */
  readonly version?: { readonly deploymentName: string; readonly buildId: string };
  /** What sees each step: logs and traces. */
  readonly interceptors?: WorkerInterceptors;
  /** Who is told what the workflows say beside their history. */
  readonly sinks?: InjectedSinks<TraceSinks>;
  /** What Temporal knows of the orders' workflows; with it the worker also compares the books. */
  readonly workflows?: ReconciliationDeps['workflows'];
  /** The connections of the comparison, which takes minutes. Default: those of the steps. */
  readonly comparisons?: Orm;
  /** For tests that break a step on purpose. */
  readonly activities?: (steps: ReturnType<typeof createOrderActivities>) => object;
}

/** A worker for the workflows and the activities of orders. Call `run()`; `shutdown()` finishes what it has begun. */
export function createOrderWorker(options: OrderWorkerOptions): Promise<Worker> {
  const { connection, namespace, workflowBundle, deps, version, workflows, activities = (steps) => steps } = options;
  const { comparisons = deps.orm, dataConverter = plainPayloads, interceptors, sinks = runSink(undefined) } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue: taskQueues.orders,
    workflowBundle,
    dataConverter,
    activities: {
      ...activities(createOrderActivities(deps)),
      ...(workflows &&
        createReconciliationActivities({
          orm: comparisons,
          clock: deps.clock,
          sealer: deps.sealer,
          workflows,
        })),
    },
    ...(version && { workerDeploymentOptions: deploymentOf(version) }),
    interceptors,
    sinks,
    ...workerTuning,
  });
}

/**
 * A pinned order is run to its end by the build that began it, so that no upgrade can change a workflow half-way. No workflow says
 * itself how it is versioned: a worker without a version could not answer its tasks.
 */
export function deploymentOf(
  version: NonNullable<OrderWorkerOptions['version']>,
  defaultVersioningBehavior: VersioningBehavior = 'PINNED',
) {
  return { version, useWorkerVersioning: true, defaultVersioningBehavior } as const;
}

/** How the worker is run; the benchmark's comparison workers are run the same way. */
export const workerTuning = {
  // A step taken beside the workflow ends with the worker; it is taken again elsewhere, under the same key.
  shutdownGraceTime: '5 seconds',
  // A step that waits for a dead database must not keep a worker that was asked to stop.
  shutdownForceTime: '20 seconds',
  maxCachedWorkflows: 2_000,
  // A task of an order that a worker has in its memory waits for that worker no longer than this: it may have died.
  stickyQueueScheduleToStartTimeout: '1 second',
} as const satisfies Partial<WorkerOptions>;
