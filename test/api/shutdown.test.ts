import { expect, test } from '@jest/globals';
import { createApp } from '../../api/app.ts';
import { serve } from '../../api/serve.ts';
import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { flourOrder, testApi } from './support.ts';

test('a stopping API finishes what it has taken and takes nothing new', async () => {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const api = await testApi((deps, client) => {
    const gateway = createOrderGateway({ client, decisionWaitMs: 1_500 });
    const request: typeof gateway.request = (...order) => {
      begin();
      return gateway.request(...order);
    };
    return { ...deps, gateway: { ...gateway, request } };
  });
  try {
    const own = await serve(createApp(api.deps), { host: '127.0.0.1', port: 0 });
    const token = await api.issuer.issue({ id: 'buyer-ada', role: 'buyer' });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'last' };
    // No worker is online, so that the answer takes its whole second and a half.
    const taken = fetch(`${own.url}/v1/orders`, { method: 'POST', headers, body: JSON.stringify(flourOrder()) });
    await begun;
    const closing = own.close();
    await expect(fetch(`${own.url}/health/live`)).rejects.toThrow('fetch failed');
    expect((await taken).status).toBe(202);
    await closing;
  } finally {
    await api.close();
  }
});

test('a taken port is one clear line', async () => {
  const api = await testApi();
  try {
    const port = Number(new URL(api.url).port);
    await expect(serve(createApp(api.deps), { host: '127.0.0.1', port })).rejects.toThrow(
      `port ${port} is taken: set PORT to a free one`,
    );
  } finally {
    await api.close();
  }
});
