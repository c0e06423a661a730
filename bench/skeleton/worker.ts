import { parseServiceSettings } from '../../platform/settings.ts';
import { runWorker } from '../testbed/comparison-worker.ts';
import { SKELETON_QUEUE } from './queue.ts';

await runWorker(parseServiceSettings(process.env), {
  taskQueue: SKELETON_QUEUE,
  workflows: new URL('workflows.ts', import.meta.url),
});
