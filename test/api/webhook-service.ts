import { NativeConnection } from '@temporalio/worker';
import { openWebhooks, type WebhookOptions } from '../../workers/webhooks.ts';
import { announced } from '../support/run.ts';
import { flourOrder, reportOnceInstructed, testApi, workerFor, type TestApi } from './support.ts';

/** API, worker and the delivery of webhooks over the run's real servers. */
export interface WebhookService {
  readonly api: TestApi;
  startDelivering(): Promise<void>;
  stopDelivering(): Promise<void>;
  /** Places a small order; returns its id. */
  place(key: string, as?: string): Promise<string>;
  /** Reports an order as delivered, so that it ends. */
  deliver(orderId: string): Promise<unknown>;
  /** Makes a webhook, of `buyer-ada` by default. */
  hook(body: Record<string, unknown>, as?: string): Promise<{ id: string; secret: string }>;
  deleteWebhooks(): Promise<void>;
  close(): Promise<void>;
}

export async function webhookService(): Promise<WebhookService> {
  const api = await testApi();
  const worker = await workerFor(api);
  const connection = await NativeConnection.connect({ address: api.temporal.address });
  let stop = await deliverOver(api, connection);
  return {
    api,
    async startDelivering() {
      stop = await deliverOver(api, connection);
    },
    stopDelivering: () => stop(),
    async place(key, as = 'buyer-ada') {
      const body = flourOrder({ lines: [{ sku: 'rye-1kg', quantity: 1 }] });
      return (await api.ask('POST', '/v1/orders', { as, key, body })).body.id as string;
    },
    deliver: (id) =>
      reportOnceInstructed(api, id, { eventId: 'd', kind: 'delivered', occurredAt: new Date().toISOString() }),
    hook: async (body, as = 'buyer-ada') => (await api.ask('POST', '/v1/webhooks', { as, body })).body,
    async deleteWebhooks() {
      const { data } = (await api.ask('GET', '/v1/webhooks?limit=100', { as: 'operator-olga' })).body;
      for (const { id } of data) await api.ask('DELETE', `/v1/webhooks/${id}`, { as: 'operator-olga' });
    },
    async close() {
      await stop();
      await connection.close();
      await worker.stop();
      await api.close();
    },
  };
}

/** Delivers webhooks of that API until what it returns is called. */
export async function deliverOver(
  api: TestApi,
  connection: NativeConnection,
  version?: WebhookOptions['version'],
): Promise<() => Promise<void>> {
  const webhooks = await openWebhooks({
    connection,
    connect: { address: api.temporal.address },
    namespace: api.temporal.namespace,
    workflowBundle: await announced<{ codePath: string }>('workflow-bundle'),
    deps: { ...api.deps, allowPrivateTargets: true },
    databaseUrl: api.database.serviceUrl,
    logger: api.deps.logger,
    version,
  });
  const running = webhooks.run();
  return async () => {
    webhooks.shutdown();
    await running;
    await webhooks.close();
  };
}
