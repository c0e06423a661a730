import type { DataConverter } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import type { createOrderActivities } from '../../activities/index.ts';
import type { OrderDeps } from '../../activities/deps.ts';
import { createOrderWorker, type OrderWorkerOptions } from '../../workers/order-worker.ts';
import type { TransmissionActivities } from '../../activities/transmissions/index.ts';
import { createPartiesWorker } from '../../workers/parties.ts';
import { quietRuntime } from './quiet-runtime.ts';
import { announced } from './run.ts';
import type { OrderServer } from './temporal.ts';

export interface RunningWorker {
  /** Finishes what it took, then ends. */
  stop(): Promise<void>;
}

/** What else a test may put in the place of something. */
export interface WorkerChanges extends Pick<OrderWorkerOptions, 'version'> {
  /** Other workflows than the run's. */
  readonly codePath?: string;
  /** How payloads travel. */
  readonly dataConverter?: DataConverter;
  /** Breaks transmissions on purpose. */
  readonly transmissions?: (transmissions: TransmissionActivities) => object;
}

/** A real worker inside the test, with the one that sends to the parties' own servers. `activities` breaks steps on purpose. */
export async function startWorker(
  server: OrderServer,
  deps: OrderDeps,
  activities?: (steps: ReturnType<typeof createOrderActivities>) => object,
  { codePath, dataConverter, transmissions, version }: WorkerChanges = {},
): Promise<RunningWorker> {
  quietRuntime();
  const workflowBundle = codePath ? { codePath } : await announced<{ codePath: string }>('workflow-bundle');
  const connection = await NativeConnection.connect({ address: server.address });
  const { namespace } = server;
  const worker = await createOrderWorker({
    connection,
    namespace,
    workflowBundle,
    dataConverter,
    deps,
    activities,
    version,
  });
  const parties = await createPartiesWorker({
    connection,
    namespace,
    dataConverter,
    deps: { ...deps, privateSiteAllowed: () => true },
    ...(transmissions && { activities: transmissions }),
    version,
  });
  const running = Promise.all([worker.run(), parties.run()]);
  return {
    async stop() {
      worker.shutdown();
      parties.shutdown();
      await running;
      await connection.close();
    },
  };
}
