import { createOrderActivities } from '../../activities/index.ts';
import { openOffice } from '../../office/open.ts';
import { parseServiceSettings } from '../../platform/settings.ts';
import { taskQueues } from '../../temporal.config.ts';
import { runWorker } from '../testbed/comparison-worker.ts';

const settings = parseServiceSettings(process.env);
const office = await openOffice(settings, 'worker');
const activities = createOrderActivities({
  ...office,
  clock: () => new Date(),
  checkLifetimeMs: settings.checkLifetimeDays * 24 * 60 * 60 * 1000,
});
await runWorker(settings, {
  taskQueue: taskQueues.orders,
  workflows: new URL('workflows.ts', import.meta.url),
  activities,
});
await office.close();
