import { taskQueues } from '../../temporal.config.ts';
import { deliveryConfirmed } from '../../workflows/messages/definitions.ts';
import { drive } from '../load/drive.ts';
import { startService } from '../load/over-http.ts';
import { untilPolled } from '../load/readiness.ts';
import type { Subject } from '../load/subject.ts';
import { percentile } from '../report/statistics.ts';
import { openTestbed } from '../testbed/testbed.ts';

/**
 * How soon orders go on when their worker is killed and another one is there: those that wait, whose deliveries are confirmed
 * right after the kill, and those that were in the middle of a workflow task.
 */
export async function recovery({ orders }: { orders: number }): Promise<void> {
  const testbed = await openTestbed({ crowd: { buyers: 50, sellers: 10 }, namespaces: ['service'] });
  try {
    const service = await startService(testbed);
    await drive(service, { clients: 4, orders: 20 });
    const waiting = await requestAll(service, orders);
    const first = service.processes.find(({ name }) => name === 'worker');
    const second = testbed.start('service-worker-2', 'workers/main.ts', { TEMPORAL_NAMESPACE: 'service' });
    await untilPolled(service.client, taskQueues.orders, second);
    const underWay = Array.from({ length: orders }, (_, place) => timed(() => service.request(place)));
    await new Promise((resolve) => setTimeout(resolve, 60));
    if (first) process.kill(first.pid, 'SIGKILL');
    const ended = waiting.map((id) => timed(() => deliver(service, id)));
    print('waiting, then confirmed', await Promise.all(ended));
    print('being placed', await Promise.all(underWay));
  } finally {
    await testbed.close();
  }
}

function requestAll(service: Subject, orders: number): Promise<string[]> {
  return Promise.all(Array.from({ length: orders }, (_, place) => service.request(place)));
}

async function deliver({ client }: Subject, id: string): Promise<unknown> {
  const handle = client.workflow.getHandle(id);
  await handle.signal(deliveryConfirmed, { eventId: 'proof', deliveredAt: new Date().toISOString() });
  return handle.result();
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

function print(what: string, tookMs: readonly number[]): void {
  const seconds = (share: number) => (percentile(tookMs, share) / 1000).toFixed(2);
  console.log(`${what}: ${tookMs.length} orders, half within ${seconds(0.5)} s, all within ${seconds(1)} s`);
}
