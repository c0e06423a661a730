import { deliveryConfirmed } from '../../workflows/messages/definitions.ts';
import type { Subject } from './subject.ts';

/** One order, as its client saw it. Milliseconds. */
export interface Timing {
  readonly workflowId: string;
  /** From the request to the check in hand (of the skeleton: to the update's answer). */
  readonly checkMs: number;
  /** From the request to the end of the workflow; the delivery is confirmed as soon as the check is there. */
  readonly wholeMs: number;
  /** When it ended, on the clock of `performance.now()`. */
  readonly endedAt: number;
}

let nextPlace = 0;

/** Runs `orders` orders with `clients` clients, each of which begins its next order when its last one has ended. */
export async function drive(subject: Subject, { clients, orders }: Load): Promise<Timing[]> {
  const timings: Timing[] = [];
  let begun = 0;
  const client = async (): Promise<void> => {
    while (begun < orders) {
      begun += 1;
      timings.push(await runOrder(subject, nextPlace++));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return timings;
}

export interface Load {
  readonly clients: number;
  readonly orders: number;
}

async function runOrder(subject: Subject, place: number): Promise<Timing> {
  const begun = performance.now();
  const workflowId = await subject.request(place);
  const checkMs = performance.now() - begun;
  const handle = subject.client.workflow.getHandle(workflowId);
  await handle.signal(deliveryConfirmed, { eventId: 'proof', deliveredAt: new Date().toISOString() });
  await handle.result();
  const endedAt = performance.now();
  return { workflowId, checkMs, wholeMs: endedAt - begun, endedAt };
}

/** Orders a second while all clients were busy: the first and the last `clients` orders are the ramp. */
export function ratePerSecond(timings: readonly Timing[], clients: number): number {
  const ends = timings.map(({ endedAt }) => endedAt).toSorted((a, b) => a - b);
  const ramp = ends.length > 3 * clients ? clients : 0;
  const busy = ends.slice(ramp, ends.length - ramp);
  const [first = 0, last = 0] = [busy[0], busy.at(-1)];
  return ((busy.length - 1) * 1000) / (last - first);
}
