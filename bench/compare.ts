import { startService, startTextbook } from './load/over-http.ts';
import { startSkeleton } from './load/skeleton.ts';
import { drive } from './load/drive.ts';
import { measure, type Measurement } from './load/measure.ts';
import type { Subject, SubjectName } from './load/subject.ts';
import { drawComparison } from './report/comparison-plots.ts';
import { comparisonTable } from './report/comparison-table.ts';
import { circumstances, writeResults } from './report/results.ts';
import { summarise } from './report/summary.ts';
import { readCostliest, resetStatements, untilCounted } from './testbed/database.ts';
import { openTestbed, type Testbed } from './testbed/testbed.ts';

export interface CompareOptions {
  readonly rounds: number;
  /** Of one measurement with several clients; one client alone runs a third of them. */
  readonly orders: number;
  readonly clients: readonly number[];
  readonly subjects: readonly SubjectName[];
  /** The name of the JSON file. */
  readonly name: string;
  readonly profileFolder?: string;
}

const STARTERS: Record<SubjectName, (testbed: Testbed) => Promise<Subject>> = {
  skeleton: startSkeleton,
  textbook: startTextbook,
  service: startService,
};
const CROWD = { buyers: 64, sellers: 50 };

/** Measures the service between its ceiling and the textbook, in interleaved rounds, and prints the medians. */
export async function compare(options: CompareOptions): Promise<void> {
  const about = circumstances();
  const { profileFolder, subjects: names } = options;
  const testbed = await openTestbed({ crowd: CROWD, namespaces: names, profileFolder });
  try {
    const subjects: Subject[] = [];
    for (const name of names) subjects.push(await STARTERS[name](testbed));
    for (const subject of subjects) await drive(subject, { clients: 8, orders: 80 });
    await untilCounted();
    await resetStatements(testbed.postgres.url);
    const measurements = await measureRounds(testbed, subjects, options);
    const summary = summarise(measurements);
    const costliest = await readCostliest(testbed.postgres.url);
    const file = writeResults(options.name, { ...about, options, summary, measurements, costliest });
    drawComparison(summary);
    console.log(`${comparisonTable(summary)}\n\n${JSON.stringify(about)}\n${file}`);
  } finally {
    await testbed.close();
  }
}

async function measureRounds(
  testbed: Testbed,
  subjects: readonly Subject[],
  options: CompareOptions,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const clients of options.clients) {
      for (const subject of subjects) {
        const orders = clients === 1 ? Math.ceil(options.orders / 3) : options.orders;
        const measured = await measure(testbed, subject, { clients, orders }, round === 1);
        measurements.push(measured);
        console.error(
          `round ${round}: ${subject.name}, ${clients} clients: ${measured.ordersPerSecond.toFixed(1)} orders/s`,
        );
      }
    }
  }
  return measurements;
}
