import { readEvents, type EventReader, type Notice, type SeenEvent } from './event-reader.ts';
import { flourOrder, reportOnceInstructed, testApi, workerFor, type Answer, type TestApi } from './support.ts';
import { orderWhen } from '../support/service.ts';

/** An API with a worker, and orders to follow. */
export interface StreamedOrders {
  readonly api: TestApi;
  /** Orders rye under this key; the order's id. */
  place(key: string, as?: string): Promise<string>;
  deliver(id: string): Promise<Answer>;
  /** Waits until it is completed, and the last notes for people are written. */
  completed(id: string): Promise<void>;
  open(path: string, as?: string, lastEventId?: string, url?: string): Promise<EventReader>;
  close(): Promise<void>;
}

export async function streamedOrders(): Promise<StreamedOrders> {
  const api = await testApi();
  const worker = await workerFor(api);
  const tokens = new Map<string, string>();
  for (const { party, token } of await (api.deps.demoTokens?.() ?? [])) tokens.set(party, token);
  const body = flourOrder({ lines: [{ sku: 'rye-1kg', quantity: 1 }] });
  return {
    api,
    place: async (key, as = 'buyer-ada') => (await api.ask('POST', '/v1/orders', { as, key, body })).body.id,
    deliver: (id) =>
      reportOnceInstructed(api, id, { eventId: 'd', kind: 'delivered', occurredAt: new Date().toISOString() }),
    async completed(id) {
      await orderWhen(api, id, ({ stage }) => stage === 'completed');
      await api.client.workflow.getHandle(id).result();
    },
    open: (path, as = 'buyer-ada', lastEventId, url = api.url) =>
      readEvents(`${url}${path}`, tokens.get(as) ?? '', lastEventId),
    async close() {
      await worker.stop();
      await api.close();
    },
  };
}

export const has = (type: string) => (seen: readonly SeenEvent[]) => seen.some((event) => event.type === type);

/** The first event of a stream. */
export const opened = (data: Record<string, unknown>): Notice => ({ name: 'opened', data });
