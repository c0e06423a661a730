import { LRUCache } from 'lru-cache';
import { Gauge, type Registry } from 'prom-client';
import { WEBHOOK_STATUSES } from '../../domain/webhooks.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import type { WebhookBacklog } from '../../office/webhooks/index.ts';

/** Several who scrape cost the database one query in this time. */
const TTL_MS = 5_000;
const TIMEOUT_MS = 1_000;

/**
 * Shows how webhooks do: asked for when Prometheus asks. What cannot be read in time is `NaN`, never a false 0, and the page
 * comes all the same. No label names a party or a webhook.
 */
export function registerWebhookMetrics(registry: Registry, read: () => Promise<readonly WebhookBacklog[]>): void {
  const ask = cached(read);
  const gauge = (name: string, help: string, value: (backlog: WebhookBacklog) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['status'] as const,
      registers: [registry],
      async collect() {
        const backlogs = await ask();
        for (const status of WEBHOOK_STATUSES) {
          const one = backlogs?.find((backlog) => backlog.status === status);
          this.set({ status }, backlogs ? (one ? value(one) : 0) : Number.NaN);
        }
      },
    });
  gauge('webhooks', 'Webhooks, by how their receivers do.', ({ webhooks }) => webhooks);
  gauge('webhook_breakers_open', 'Webhooks whose circuit breaker is open.', ({ openBreakers }) => openBreakers);
  gauge('webhook_deliveries_pending', 'Deliveries that wait.', ({ pending }) => pending);
  gauge('webhook_deliveries_oldest_seconds', 'Age of the oldest that waits.', ({ oldestSeconds }) => oldestSeconds);
}

/** One query at a time: while the database hangs, scrapes do not take all of its connections. */
function cached<Value extends object>(read: () => Promise<Value>): () => Promise<Value | undefined> {
  const cache = new LRUCache<'latest', Value>({ max: 1, ttl: TTL_MS, fetchMethod: () => read() });
  return () => withinDeadline(cache.fetch('latest'), TIMEOUT_MS).catch(() => undefined);
}
