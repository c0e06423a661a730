import { migrations } from '../../migrations/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import { missingMigrations } from '../../platform/migrate.ts';
import type { Orm } from '../../platform/orm.ts';
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
): () => Promise<Readiness> {
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

/** An order that no worker takes further is accepted and stands still: that is not ready. */
async function checkWorkers({ health }: Pick<OrderGateway, 'health'>): Promise<string> {
  const [{ ok, detail }, unanswered] = await Promise.all([health.taskQueue(), health.partiesQueue()]);
  if (!ok) throw new Error(detail);
  if (unanswered !== undefined) throw new Error(unanswered);
  return detail;
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
