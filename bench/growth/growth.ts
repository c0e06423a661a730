import { drive } from '../load/drive.ts';
import { measure, type Measurement } from '../load/measure.ts';
import { startService } from '../load/over-http.ts';
import { drawGrowth } from '../report/growth-plots.ts';
import { growthTables, type GrowthRun } from '../report/growth-tables.ts';
import { circumstances, writeResults } from '../report/results.ts';
import type { Crowd } from '../testbed/parties.ts';
import { openTestbed, type Testbed } from '../testbed/testbed.ts';
import { growFinished } from './finished.ts';
import { listen } from './listeners.ts';
import { growWaiting } from './waiting.ts';

export const GROWTH_PARTS = ['finished', 'waiting', 'sellers', 'workers', 'listeners'] as const;
export type GrowthPart = (typeof GROWTH_PARTS)[number];

export interface GrowthOptions {
  readonly parts: readonly GrowthPart[];
  readonly orders: number;
  readonly finished: readonly number[];
  readonly waiting: readonly number[];
  readonly sellers: readonly number[];
  readonly workers: readonly number[];
  readonly listeners: number;
  readonly name: string;
}

const CROWD: Crowd = { buyers: 64, sellers: 50 };

/** Measures how cost grows; each part has servers of its own. */
export async function growth(options: GrowthOptions): Promise<void> {
  const about = circumstances();
  const run: GrowthRun = {};
  const parts: Record<GrowthPart, () => Promise<Partial<GrowthRun>>> = {
    finished: async () => ({
      finished: await on(CROWD, (testbed) => growFinished(testbed, options.finished, options.orders)),
    }),
    waiting: async () => ({
      waiting: await on(CROWD, (testbed) => growWaiting(testbed, options.waiting, options.orders)),
    }),
    sellers: async () => ({ sellers: await perSellers(options) }),
    workers: async () => ({ workers: await perWorkers(options) }),
    listeners: async () => ({
      listeners: await on(CROWD, (testbed) => listen(testbed, options.listeners, options.orders)),
    }),
  };
  for (const part of options.parts) Object.assign(run, await parts[part]());
  const file = writeResults(options.name, { ...about, options, ...run });
  drawGrowth(run);
  console.log(`${growthTables(run)}\n\n${JSON.stringify(about)}\n${file}`);
}

async function perSellers({ sellers: counts, orders }: GrowthOptions): Promise<GrowthRun['sellers']> {
  const steps: { sellers: number; service: Measurement }[] = [];
  for (const sellers of counts) {
    steps.push({ sellers, service: await on({ ...CROWD, sellers }, (testbed) => measureService(testbed, 1, orders)) });
  }
  return steps;
}

async function perWorkers({ workers: counts, orders }: GrowthOptions): Promise<GrowthRun['workers']> {
  const steps: { workers: number; service: Measurement }[] = [];
  for (const workers of counts) {
    steps.push({ workers, service: await on(CROWD, (testbed) => measureService(testbed, workers, orders)) });
  }
  return steps;
}

async function measureService(testbed: Testbed, workers: number, orders: number): Promise<Measurement> {
  const service = await startService(testbed, workers);
  await drive(service, { clients: 8, orders: 80 });
  return measure(testbed, service, { clients: 16, orders }, false);
}

async function on<Result>(crowd: Crowd, work: (testbed: Testbed) => Promise<Result>): Promise<Result> {
  const testbed = await openTestbed({ crowd, namespaces: ['skeleton', 'service'] });
  try {
    return await work(testbed);
  } finally {
    await testbed.close();
  }
}
