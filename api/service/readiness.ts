import { migrations } from '../../migrations/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import { missingMigrations } from '../../platform/migrate.ts';
import { isUnanswered, troublesOf, type TaskQueueHealth } from '../../platform/order-health/health.ts';
import type { Orm } from '../../platform/orm.ts';
import { taskQueues } from '../../temporal.config.ts';
import { checkEvents } from '../events/health.ts';
import type { EventFeed } from '../events/event-feed.ts';
import type { Readiness } from './schema.ts';
import type { OrderGateway } from '../temporal/order-gateway.ts';

const TIMEOUT_MS = 3_000;

/**
 * Asks everything that the API needs, at once, and says in one line each how it is. Never throws. `orm` has a connection of its
 * own, for whoever asks here wants to know how the database is, and not how long our own queue.
 */
export function readinessChecks(
  orm: Orm,
  gateway: Pick<OrderGateway, 'ping' | 'health'>,
  events?: Pick<EventFeed, 'health'>,
): () => Promise<Omit<Readiness, 'troubles'>> {
  return async () => {
    const checks = await Promise.all([
      check('temporal', async () => {
        await gateway.ping();
        return 'answers';
      }),
      check('database', async () => {
        await orm.em.fork().execute('select 1');
        return 'answers';
      }),
      check('migrations', () => checkMigrations(orm)),
      ...(events ? [check('events', async () => checkEvents(events.health(), new Date()))] : []),
      check('workers', () => checkWorkers(gateway)),
    ]);
    return { status: checks.every(({ ok }) => ok) ? 'ready' : 'not_ready', checks };
  };
}

async function checkMigrations(orm: Orm): Promise<string> {
  const missing = await missingMigrations(orm);
  if (missing.length > 0) throw new Error(`not applied: ${missing.join(', ')}`);
  return `all ${migrations.length} applied`;
}

/**
 * An order that no worker takes further is accepted and stands still: that is not ready. What keeps only some orders, such as those of
 * a former version, is told and no reason to send callers elsewhere.
 */
async function checkWorkers({ health }: Pick<OrderGateway, 'health'>): Promise<string> {
  const queues = await health.queues();
  const unread = queues.filter((one) => (one.queue === taskQueues.orders ? !one.ok : isUnansweredParty(one)));
  if (unread.length > 0) throw new Error(unread.flatMap(troublesOf).join('; '));
  const read = queues.filter(({ queue }) => queue === taskQueues.orders).map(({ detail }) => detail);
  return [...read, ...queues.flatMap(troublesOf)].join('; ');
}

/** Late webhooks hold up no order. */
function isUnansweredParty(one: TaskQueueHealth): boolean {
  return one.queue === taskQueues.parties && isUnanswered(one);
}

async function check(name: string, ask: () => Promise<string>): Promise<Readiness['checks'][number]> {
  try {
    return { name, ok: true, detail: await withinDeadline(ask(), TIMEOUT_MS) };
  } catch (error) {
    return { name, ok: false, detail: firstLine(error) };
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] || 'cannot be reached').slice(0, 300);
}
