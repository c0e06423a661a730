import { deliveryConfirmed } from '../../workflows/messages/definitions.ts';
import { drive } from '../load/drive.ts';
import { measure, type Measurement } from '../load/measure.ts';
import { startService } from '../load/over-http.ts';
import type { Subject } from '../load/subject.ts';
import { memoryBytesOf } from '../testbed/processes.ts';
import type { Testbed } from '../testbed/testbed.ts';

export interface WaitingStep {
  readonly waiting: number;
  readonly service: Measurement;
  /** Memory of the worker while they wait, bytes. */
  readonly workerBytes: number;
}

export interface WaitingRun {
  readonly steps: readonly WaitingStep[];
  /** All that waited were confirmed at once: how many a second came to their end. */
  readonly confirmedPerSecond: number;
}

/** How the service fares while more and more orders wait for their delivery; beyond the worker's cache they must be replayed. */
export async function growWaiting(testbed: Testbed, sizes: readonly number[], orders: number): Promise<WaitingRun> {
  const service = await startService(testbed);
  await drive(service, { clients: 8, orders: 80 });
  const waiting: string[] = [];
  const steps: WaitingStep[] = [];
  for (const size of sizes) {
    while (waiting.length < size)
      waiting.push(...(await request(service, waiting.length, Math.min(32, size - waiting.length))));
    const measured = await measure(testbed, service, { clients: 16, orders }, false);
    const worker = service.processes.find(({ name }) => name === 'worker');
    steps.push({ waiting: size, service: measured, workerBytes: worker ? memoryBytesOf(worker.pid) : 0 });
    console.error(`${size} orders waiting: ${measured.ordersPerSecond.toFixed(1)} orders/s`);
  }
  return { steps, confirmedPerSecond: await confirmAll(service, waiting) };
}

function request(service: Subject, from: number, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => service.request(from + index)));
}

async function confirmAll({ client }: Subject, waiting: readonly string[]): Promise<number> {
  const begun = performance.now();
  for (let from = 0; from < waiting.length; from += 32) {
    const handles = waiting.slice(from, from + 32).map((id) => client.workflow.getHandle(id));
    const message = { eventId: 'proof', deliveredAt: new Date().toISOString() };
    await Promise.all(handles.map((handle) => handle.signal(deliveryConfirmed, message)));
    await Promise.all(handles.map((handle) => handle.result()));
  }
  return (waiting.length * 1000) / (performance.now() - begun);
}
