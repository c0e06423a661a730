import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { registerWebhookMetrics } from '../../api/webhooks/metrics.ts';
import type { WebhookBacklog } from '../../office/webhooks/webhooks.ts';

const failing: WebhookBacklog = { status: 'failing', webhooks: 2, openBreakers: 1, pending: 7, oldestSeconds: 90 };

function page(read: () => Promise<readonly WebhookBacklog[]>): () => Promise<string> {
  const registry = new Registry();
  registerWebhookMetrics(registry, read);
  return () => registry.metrics();
}

test('one question fills every figure, and serves the next who scrape', async () => {
  let asked = 0;
  const scrape = page(async () => {
    asked += 1;
    return [failing];
  });
  const [text] = await Promise.all([scrape(), scrape()]);
  expect(text).toContain('webhooks{status="failing"} 2');
  expect(text).toContain('webhooks{status="active"} 0');
  expect(text).toContain('webhook_breakers_open{status="failing"} 1');
  expect(text).toContain('webhook_deliveries_pending{status="failing"} 7');
  expect(text).toContain('webhook_deliveries_oldest_seconds{status="failing"} 90');
  expect(await scrape()).toBe(text);
  expect(asked).toBe(1);
});

test('what cannot be read is unknown, not 0, and is read again at the next scrape', async () => {
  let down = true;
  const scrape = page(() => (down ? Promise.reject(new Error('no database')) : Promise.resolve([failing])));
  expect(await scrape()).toContain('webhook_deliveries_pending{status="failing"} Nan');
  down = false;
  expect(await scrape()).toContain('webhook_deliveries_pending{status="failing"} 7');
});

test('a database that hangs is asked once, and the page comes without it', async () => {
  let asked = 0;
  const scrape = page(() => {
    asked += 1;
    return new Promise(() => undefined);
  });
  for (let count = 0; count < 2; count++) expect(await scrape()).toContain('webhooks{status="active"} Nan');
  expect(asked).toBe(1);
});
