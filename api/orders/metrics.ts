import { Gauge, type Registry } from 'prom-client';
import { ATTENTION_REASONS, reasonKind } from '../../domain/attention-reasons.ts';
import { ordersNeedingAttention, rowsNeedingAttention } from '../../office/attention/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import { shared } from '../../platform/order-health/shared.ts';
import type { ApiDeps } from '../deps.ts';

type Asked = Pick<ApiDeps, 'orm' | 'gateway' | 'logger'>;

/** A scrape asks for several figures at once, and several servers may scrape: they share one look. */
const LOOK_FOR_MS = 10_000;
const TIMEOUT_MS = 8_000;

/**
 * How the orders are, for alerts: who reads the queue, what waits in it, and how many orders need a person, by reason. Asked
 * when scraped; while something cannot be asked, its figures are left out, which is an alert of its own.
 */
export function registerOrderMetrics(registry: Registry, deps: Asked): void {
  const taskQueue = () => inTime(deps.gateway.health.taskQueue());
  gauge(
    registry,
    'countersign_task_queue_readers',
    'Workers that asked the queue of orders for tasks within 90 seconds.',
    async () => (await taskQueue()).pollers,
  );
  gauge(
    registry,
    'countersign_task_queue_read',
    '1 when somebody takes the tasks of the queue of orders, otherwise 0.',
    async () => Number((await taskQueue()).ok),
  );
  gauge(
    registry,
    'countersign_task_queue_waiting',
    'Tasks of orders that nobody has taken yet.',
    async () => (await taskQueue()).backlog.tasks,
  );
  gauge(
    registry,
    'countersign_task_queue_oldest_seconds',
    'How long the oldest of them has waited.',
    async () => (await taskQueue()).backlog.oldestMs / 1000,
  );
  registerAttention(registry, deps);
}

function registerAttention(registry: Registry, { orm, gateway, logger }: Asked): void {
  const look = shared(LOOK_FOR_MS, () => inTime(ordersNeedingAttention(gateway.health, orm.em.fork())));
  const byBooks = shared(LOOK_FOR_MS, () => inTime(rowsNeedingAttention(orm.em.fork())));
  const byTemporal = shared(LOOK_FOR_MS, () => inTime(ordersNeedingAttention(gateway.health, undefined)));
  const orders = new Gauge({
    name: 'countersign_orders_needing_attention',
    help: 'Orders that need a person, by reason; every reason is listed in docs/operations.md.',
    labelNames: ['reason'] as const,
    registers: [registry],
    async collect() {
      this.reset();
      try {
        const found = await look().catch(byTemporal).catch(byBooks);
        for (const reason of Object.keys(ATTENTION_REASONS)) this.set({ reason }, 0);
        for (const { attention } of found) this.inc({ reason: reasonKind(attention.reason) });
      } catch (error) {
        logger.warn({ err: error }, 'orders that need a person cannot be counted');
      }
    },
  });
  orders.reset();
}

function gauge(registry: Registry, name: string, help: string, ask: () => Promise<number>): void {
  const figure = new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      try {
        this.set(await ask());
      } catch {
        this.remove();
      }
    },
  });
  figure.remove();
}

/** A scrape is answered, whatever hangs. */
function inTime<Result>(asked: Promise<Result>): Promise<Result> {
  return withinDeadline(asked, TIMEOUT_MS);
}
