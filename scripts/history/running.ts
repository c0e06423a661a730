import { succeeded, type Clients } from './clients.ts';
import { RunningOrder, type Progress, type Waiting } from './running-order.ts';
import { WAITING } from './waiting.ts';

/* Orders that run: placed and moved through the API as the parties themselves do it, each left where it waits for somebody. */

export interface Unfinished {
  readonly waiting: Waiting;
  readonly order: RunningOrder;
  readonly progress: Exclude<Progress, 'left'>;
}

/** Which of them are not where they are to wait: all, at first; those that an earlier run could not make, later. */
export async function unfinishedOrders(clients: Clients): Promise<Unfinished[]> {
  const unfinished: Unfinished[] = [];
  for (const waiting of WAITING) {
    const order = new RunningOrder(waiting, clients);
    const progress = await order.progress();
    if (progress !== 'left') unfinished.push({ waiting, order, progress });
  }
  return unfinished;
}

/** Leaves each where it waits, and says so. One that stays behind keeps none of the others; then it throws, in words. */
export async function runOrders(orders: readonly Unfinished[], say: (line: string) => void): Promise<void> {
  const failures: string[] = [];
  for (const { waiting, order } of orders) {
    try {
      await order.leave();
      say(`  ${order.id}  ${waiting.what}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      failures.push(`  ${order.id}  ${waiting.what}: ${why}`);
    }
  }
  if (failures.length === 0) return;
  throw new Error(
    ['These could not be left where they are to wait; run this again to try them once more:', ...failures].join('\n'),
  );
}

/** A webhook of the check office whose receiver does not exist: one, however often it is asked for. */
export async function addDeadWebhook({ olga }: Clients): Promise<void> {
  const { data } = await succeeded(olga.GET('/v1/webhooks', { params: { query: { limit: 100 } } }));
  if (data.some(({ url }) => url === DEAD_RECEIVER)) return;
  await succeeded(olga.POST('/v1/webhooks', { body: { url: DEAD_RECEIVER } }));
}

/** A name that never leads anywhere (RFC 2606). */
const DEAD_RECEIVER = 'https://receiver.invalid/countersign';
