import { measure, type Measurement } from '../load/measure.ts';
import { startService } from '../load/over-http.ts';
import { startSkeleton } from '../load/skeleton.ts';
import { drive } from '../load/drive.ts';
import type { Testbed } from '../testbed/testbed.ts';
import { seedFinishedOrders } from './finished-orders.ts';
import { measurePages, type PageCost } from './pages.ts';

export interface FinishedStep {
  readonly finished: number;
  readonly skeleton: Measurement;
  readonly service: Measurement;
  readonly pages: readonly PageCost[];
}

/** How the service and its pages fare with more and more finished orders in the database, beside the skeleton, which has none. */
export async function growFinished(
  testbed: Testbed,
  sizes: readonly number[],
  orders: number,
): Promise<FinishedStep[]> {
  const [skeleton, service] = [await startSkeleton(testbed), await startService(testbed)];
  for (const subject of [skeleton, service]) await drive(subject, { clients: 8, orders: 80 });
  const steps: FinishedStep[] = [];
  let before = 0;
  for (const finished of sizes) {
    if (finished > before)
      await seedFinishedOrders(testbed.postgres.url, testbed.crowd, { from: before, count: finished });
    before = Math.max(before, finished);
    const load = { clients: 16, orders };
    steps.push({
      finished,
      skeleton: await measure(testbed, skeleton, load, false),
      service: await measure(testbed, service, load, false),
      pages: await measurePages(testbed),
    });
    console.error(`${finished} finished orders: ${steps.at(-1)?.service.ordersPerSecond.toFixed(1)} orders/s`);
  }
  return steps;
}
