import { deliveryConfirmed } from '../../workflows/messages/definitions.ts';
import { reconcileBooks } from '../../office/reconciliation/index.ts';
import { drive } from '../load/drive.ts';
import { startService } from '../load/over-http.ts';
import type { Subject } from '../load/subject.ts';
import { circumstances, writeResults } from '../report/results.ts';
import { drawSoak, type SoakMinute } from '../report/soak-plot.ts';
import { quantilesOf } from '../report/statistics.ts';
import { markdownTable } from '../report/table.ts';
import { memoryBytesOf } from '../testbed/processes.ts';
import { openTestbed, type Testbed } from '../testbed/testbed.ts';

export interface SoakOptions {
  readonly minutes: number;
  /** Orders a second; absent: 70 % of what 16 clients come to in a short measurement before. */
  readonly rate?: number;
  readonly name: string;
}

/** Runs orders at a steady rate, whatever they take, and checks every invariant at the end. */
export async function soak(options: SoakOptions): Promise<void> {
  const about = circumstances();
  const testbed = await openTestbed({ crowd: { buyers: 64, sellers: 50 }, namespaces: ['service'] });
  try {
    const service = await startService(testbed);
    await drive(service, { clients: 8, orders: 80 });
    const rate = options.rate ?? (await kneeOf(service)) * 0.7;
    const minutes = await run(testbed, service, rate, options.minutes);
    const broken = await brokenAtTheEnd(testbed);
    const file = writeResults(options.name, { ...about, options, rate, minutes, broken });
    drawSoak(minutes);
    console.log(
      `${rate.toFixed(1)} orders/s\n\n${soakTable(minutes)}\n\nbroken invariants: ${broken.length}\n${broken.join('\n')}\n${file}`,
    );
    if (broken.length > 0) process.exitCode = 1;
  } finally {
    await testbed.close();
  }
}

async function kneeOf(service: Subject): Promise<number> {
  const begun = performance.now();
  await drive(service, { clients: 16, orders: 200 });
  return 200_000 / (performance.now() - begun);
}

async function run(testbed: Testbed, service: Subject, rate: number, minutes: number): Promise<SoakMinute[]> {
  const begun = performance.now();
  const samples: SoakMinute[] = [];
  let times: number[] = [];
  const running = new Set<Promise<void>>();
  const takeSample = (): void => {
    samples.push({
      minute: samples.length + 1,
      ended: times.length,
      whole: quantilesOf(times),
      memory: memoryOf(testbed, service),
    });
    times = [];
  };
  const timer = setInterval(takeSample, 60_000);
  for (let place = 0; performance.now() - begun < minutes * 60_000; place += 1) {
    const due = begun + (place * 1000) / rate;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const order: Promise<void> = runOrder(service, place, due)
      .then((took) => void times.push(took))
      .finally(() => running.delete(order));
    running.add(order);
  }
  await Promise.all(running);
  clearInterval(timer);
  if (times.length > 0) takeSample();
  return samples;
}

/** Its time runs from when it was due: a service that falls behind cannot hide it. */
async function runOrder(service: Subject, place: number, due: number): Promise<number> {
  const id = await service.request(place);
  const handle = service.client.workflow.getHandle(id);
  await handle.signal(deliveryConfirmed, { eventId: 'proof', deliveredAt: new Date().toISOString() });
  await handle.result();
  return performance.now() - due;
}

function memoryOf({ servers }: Testbed, { processes }: Subject): Record<string, number> {
  return Object.fromEntries(
    [...servers, ...processes].map(({ name, pid }) => [name, Math.round(memoryBytesOf(pid) / 2 ** 20)]),
  );
}

/** What reconciliation finds, orders that did not end, and events that may happen once and happened more often. */
async function brokenAtTheEnd({ orm }: Testbed): Promise<string[]> {
  const drift = await reconcileBooks(orm);
  const em = orm.em.fork();
  const open = await em.execute<{ text: string }[]>(
    "select id || ' is ' || stage as text from orders where stage <> 'completed'",
  );
  const repeated = await em.execute<{ text: string }[]>(
    `select order_id || ': ' || type || ' ' || count(*) || ' times' as text from order_events group by order_id, type having count(*) > 1`,
  );
  return [...drift.map((found) => JSON.stringify(found)), ...[...open, ...repeated].map(({ text }) => text)];
}

function soakTable(minutes: readonly SoakMinute[]): string {
  const names = Object.keys(minutes[0]?.memory ?? {});
  const rows = minutes.map(({ minute, ended, whole, memory }) => [
    String(minute),
    String(ended),
    [whole.p50, whole.p95, whole.p99].map((value) => value.toFixed(0)).join('/'),
    ...names.map((name) => String(memory[name])),
  ]);
  return markdownTable(['minute', 'orders', 'whole, ms p50/p95/p99', ...names.map((name) => `${name}, MiB`)], rows);
}
