import { Gauge, type Registry } from 'prom-client';
import { WEBHOOK_STATUSES } from '../../domain/webhooks.ts';
import type { WebhookBacklog } from '../../office/webhooks/webhooks.ts';

/** Several who scrape cost the database one question in this time. */
const KEPT_MS = 5_000;
const PATIENCE_MS = 1_000;

/**
 * Shows how webhooks do: asked for when Prometheus asks. What cannot be read in time is `NaN`, never a false 0, and the page
 * comes all the same. No label names a party or a webhook.
 */
export function measureWebhooks(registry: Registry, read: () => Promise<readonly WebhookBacklog[]>): void {
  const ask = kept(read);
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

/** One question at a time: while the database hangs, scrapes do not take all of its connections. */
function kept<Value>(read: () => Promise<Value>): () => Promise<Value | undefined> {
  let asking: Promise<Value | undefined> | undefined;
  let known: { readonly value: Value; readonly at: number } | undefined;
  return async () => {
    if (known && Date.now() - known.at < KEPT_MS) return known.value;
    asking ??= read()
      .then((value) => {
        known = { value, at: Date.now() };
        return value;
      })
      .catch(() => undefined)
      .finally(() => {
        asking = undefined;
      });
    return inTime(asking);
  };
}

async function inTime<Value>(answer: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
