import { NativeConnection, Runtime, DefaultLogger, Worker } from '@temporalio/worker';
import type { ServiceSettings } from '../../platform/settings.ts';
import { temporalConnectOptions } from '../../platform/temporal-client.ts';
import { workerTuning } from '../../workers/order-worker.ts';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';

/** Runs a worker to compare with, in the same way as the service's own, until SIGTERM. */
export async function runWorker(
  settings: ServiceSettings,
  { taskQueue, workflows, activities }: { taskQueue: string; workflows: URL; activities?: object },
): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const { namespace, ...connect } = temporalConnectOptions(settings);
  const connection = await NativeConnection.connect(connect);
  const workflowBundle = await bundleWorkflows(workflows);
  const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle, activities, ...workerTuning });
  await worker.run();
  await connection.close();
}
