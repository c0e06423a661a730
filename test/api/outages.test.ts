import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Metadata, status as grpcStatus } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, type Connection } from '@temporalio/client';
import { remoteIssuer } from '../../api/auth/issuers.ts';
import { tokenVerifier } from '../../api/auth/tokens.ts';
import { apiConnection } from '../../api/temporal/connection.ts';
import { outageOf } from '../../api/http/outage.ts';
import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { readinessChecks } from '../../api/service/readiness.ts';
import { orderIdFor } from '../../api/orders/place-order.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { parseSettings } from '../../platform/settings.ts';
import { expectProblem, flourOrder, testApi, workerFor, type TestApi } from './support.ts';
import { until } from '../support/until.ts';

describe('no worker is online', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi(async (deps, client) => ({
      ...deps,
      gateway: createOrderGateway({ client, decisionWaitMs: 300 }),
    }));
  });
  afterAll(() => api.close());

  test('the order is taken with 202, can be read, and is decided once a worker comes', async () => {
    const answer = await api.ask('POST', '/v1/orders', { body: flourOrder(), key: 'later' });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.headers.get('location')).toBe(`/v1/orders/${answer.body.id}`);
    expect(answer.body).toMatchObject({
      stage: 'requested',
      echeck: null,
      charge: null,
      deliverTo: flourOrder().deliverTo,
    });
    expect((await api.ask('POST', '/v1/orders', { body: flourOrder(), key: 'later' })).body.id).toBe(answer.body.id);
    const other = flourOrder({ settleOn: 'notice' });
    expectProblem(await api.ask('POST', '/v1/orders', { body: other, key: 'later' }), 'idempotency-key-reused');

    const worker = await workerFor(api);
    try {
      const read = () => api.ask('GET', `/v1/orders/${answer.body.id}`);
      await until(read, ({ body }) => body.stage === 'scheduled');
      const again = await api.ask('POST', '/v1/orders', { body: flourOrder(), key: 'later' });
      expect(again).toMatchObject({ status: 201, body: { id: answer.body.id } });
    } finally {
      await worker.stop();
    }
  });
});

describe('Temporal cannot be reached', () => {
  let api: TestApi;
  let connection: Connection;
  beforeAll(async () => {
    connection = apiConnection({ address: '127.0.0.1:1' });
    const client = new Client({ connection });
    const gateway = createOrderGateway({ client, decisionWaitMs: 300, callTimeoutMs: 500 });
    api = await testApi((deps) => ({ ...deps, gateway, readiness: readinessChecks(deps.orm, gateway) }));
  });
  afterAll(async () => {
    await connection.close();
    await api.close();
  });

  test('an order is refused with 503 and Retry-After, and nothing is half done; reading goes on', async () => {
    const answer = await api.ask('POST', '/v1/orders', { body: flourOrder(), key: 'down' });
    expectProblem(answer, 'service-unavailable');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.body.detail).toMatch(/^Temporal cannot be reached just now\./);
    expect((await api.ask('GET', '/v1/orders')).body).toEqual({ data: [], nextCursor: null });
    expectProblem(await api.ask('GET', '/v1/orders?attention=true', { as: 'operator-olga' }), 'service-unavailable');
  });

  test('readiness says that it is Temporal', async () => {
    const { status, body } = await api.ask('GET', '/health/ready');
    expect(status).toBe(503);
    expect(body.checks.map(({ name, ok }: { name: string; ok: boolean }) => [name, ok])).toEqual([
      ['temporal', false],
      ['database', true],
      ['migrations', true],
      ['workers', false],
    ]);
    expect((await api.ask('GET', '/health/live')).status).toBe(200);
  });
});

const INPUT = {
  orderId: orderIdFor('buyer-ada', 'silent'),
  requestDigest: 'silent',
  buyerId: 'buyer-ada',
  terminalId: 'terminal-ada',
  sellerId: 'seller-mill',
  distributorId: 'distributor-swift',
  lines: [{ sku: 'rye-1kg', quantity: 3 }],
  deliverToSealed: 'sealed',
  orderDigest: 'digest',
  requestedAt: '2026-11-30T12:00:00Z',
};

describe('Temporal is there', () => {
  test('and answers nobody: it takes too long, which is said of a POST and of every other call', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const connection = apiConnection({ address: `127.0.0.1:${port}` });
    const waits = { decisionWaitMs: 100, callTimeoutMs: 100, certaintyMs: 100 };
    const gateway = createOrderGateway({ client: new Client({ connection }), ...waits });
    for (const call of [() => gateway.request(INPUT, 'one'), () => gateway.resume(INPUT, 'one')]) {
      const outage = await call().then(() => undefined, outageOf);
      expect(outage).toEqual({ of: 'temporal', detail: 'Temporal takes too long to answer just now.' });
    }
    await connection.close();
    silent.close();
  });

  test('and has too much to do: it says so itself', () => {
    const busy = {
      code: grpcStatus.RESOURCE_EXHAUSTED,
      details: 'namespace rate limit exceeded',
      metadata: new Metadata(),
    };
    const error = new Error('busy', { cause: Object.assign(new Error(busy.details), busy) });
    expect(outageOf(error)?.detail).toBe('Temporal has too many requests just now.');
  });
});

describe('the issuer of access tokens cannot be reached', () => {
  let api: TestApi;
  beforeAll(async () => {
    const nowhere = { TOKEN_ISSUER: 'countersign-embedded', TOKEN_JWKS_URL: 'http://127.0.0.1:1/jwks.json' };
    const issuers = parseSettings(nowhere).tokenIssuers.map((issuer) => remoteIssuer(issuer));
    api = await testApi((deps) => ({ ...deps, verify: tokenVerifier(...issuers) }));
  });
  afterAll(() => api.close());

  test('the answer is 503 and says that it is the issuer, not the database', async () => {
    const answer = await api.ask('GET', '/v1/orders');
    expectProblem(answer, 'service-unavailable');
    expect(answer.body.detail).toMatch(/^The issuer of access tokens cannot be reached just now\./);
  });
});

describe('the database cannot be reached', () => {
  let api: TestApi;
  let orm: Orm;
  beforeAll(async () => {
    orm = await connectOrm({ url: 'postgres://nobody:nothing@127.0.0.1:1/none' });
    api = await testApi((deps) => ({ ...deps, orm, reads: orm, readiness: readinessChecks(orm, deps.gateway) }));
  });
  afterAll(async () => {
    await orm.close();
    await api.close();
  });

  test('requests are answered 503, and readiness says that it is the database (and that no worker runs here)', async () => {
    const answer = await api.ask('GET', '/v1/orders');
    expectProblem(answer, 'service-unavailable');
    expect(answer.body.detail).toMatch(/^The database cannot be reached just now\./);
    expect(JSON.stringify(answer.body)).not.toContain('127.0.0.1');
    const { body } = await api.ask('GET', '/health/ready');
    expect(body.checks.filter(({ ok }: { ok: boolean }) => !ok).map(({ name }: { name: string }) => name)).toEqual([
      'database',
      'migrations',
      'workers',
    ]);
  });

  test('the attention list answers from Temporal alone', async () => {
    const { status, body } = await api.ask('GET', '/v1/orders?attention=true', { as: 'operator-olga' });
    expect({ status, body }).toEqual({ status: 200, body: { data: [], nextCursor: null } });
  });
});
