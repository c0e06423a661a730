import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Registry } from 'prom-client';
import type { AppDeps } from '../../api/deps.ts';
import { registerOrderMetrics } from '../../api/orders/metrics.ts';
import { createWatching } from '../../api/service/watching.ts';
import type { OrderHealth } from '../../platform/order-health/health.ts';
import type { Orm } from '../../platform/orm.ts';
import { PROJECT } from '../scripts/support.ts';

/* Whatever hangs, the page comes before Prometheus gives up: an API that it cannot read would be taken for one that is gone. */

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const never = () => new Promise<never>(() => undefined);
const AT = new Date('2026-12-01T08:00:00Z');
const failing = { id: `order-${'a'.repeat(26)}`, step: 'workflow', reason: 'WorkflowTaskFailing', since: AT };
const findings = { withAttention: [], failing: [failing], timedOut: [], endedBadly: [], notPolled: [], undecided: [] };

function scrape(health: Partial<OrderHealth>): Promise<string> {
  const registry = new Registry();
  const orm = { em: { fork: () => hangingBooks } } as unknown as Orm;
  const logger = { warn: () => undefined };
  const gateway = { health: { queues: never, findings: never, ...health } };
  const watching = createWatching(orm, gateway.health as unknown as OrderHealth, logger);
  registerOrderMetrics(registry, { orm, gateway, logger, watching } as unknown as AppDeps);
  return registry.metrics();
}
/** Takes every question, and answers none. */
const question: object = new Proxy(() => undefined, {
  get: (_, name) => (name === 'execute' ? never : question),
  apply: () => question,
});
const hangingBooks = { getKysely: () => question, execute: never } as unknown as EntityManager;

/** What Prometheus has got when it gives up. */
async function got(page: Promise<string>): Promise<string | undefined> {
  const config = readFileSync(join(PROJECT, 'deploy/monitoring/prometheus.yml'), 'utf8');
  const seconds = Number(/scrape_timeout: (\d+)s/.exec(config)?.[1]);
  const gaveUp = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), seconds * 1_000));
  const first = Promise.race([page, gaveUp]);
  await jest.advanceTimersByTimeAsync(seconds * 1_000);
  return first;
}

test('Temporal and the books hang: what nobody knows is left out', async () => {
  const page = await got(scrape({}));
  expect(page).toContain('# TYPE countersign_task_queue_read gauge');
  expect(page).not.toMatch(/^countersign_/m);
});

test('the books hang: what Temporal knows is there, and nothing is called 0 that they alone know', async () => {
  const page = await got(scrape({ queues: async () => [], findings: async () => findings }));
  expect(page).toContain('countersign_workflow_tasks_failing{cause="other"} 1');
  expect(page).toContain('countersign_workflow_tasks_failing{cause="NonDeterministicError"} 0');
  expect(page?.match(/^countersign_orders_needing_attention.*$/gm)).toEqual([
    'countersign_orders_needing_attention{reason="WorkflowTaskFailing"} 1',
  ]);
});
