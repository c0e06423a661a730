import { sleep } from '@temporalio/workflow';

/** Another workflow under the same name: it does not replay the history of an order. Bundled by a test instead of the real one. */
export async function OrderWorkflow(): Promise<void> {
  await sleep('1 day');
}
