import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { createApp } from '../../api/app.ts';
import { DEMO_PARTIES, openDemoIssuer, type DemoIssuer } from '../../api/auth/demo-issuer.ts';
import { demoTokens } from '../../api/auth/demo-tokens.ts';
import { createIdentities } from '../../api/auth/identities.ts';
import { withApiKeys } from '../../api/auth/tokens.ts';
import { tokenVerifier } from '../../api/auth/tokens.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { createEventFeed } from '../../api/events/event-feed.ts';
import { readinessChecks } from '../../api/service/readiness.ts';
import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { createCheckSigning } from '../../office/checks/signing.ts';
import { seedDemo } from '../../office/seed.ts';
import { createStatusList } from '../../office/checks/status-list.ts';
import { openKeyRing } from '../../office/checks/key-ring.ts';
import { openConnection } from '../../platform/temporal-connection.ts';
import { loadMasterKey } from '../../platform/key-files.ts';
import { listen } from '../../platform/notifications.ts';
import { createLogger } from '../../platform/logger.ts';
import { createSealer } from '../../platform/sealing.ts';
import { expect } from '@jest/globals';
import { PROBLEMS, type ProblemSlug } from '../../api/http/problems.ts';
import type { Role } from '../../domain/party.ts';
import { startWorker, type RunningWorker } from '../support/worker.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { testTemporal, type OrderServer } from '../support/temporal.ts';
import { faultsBySchema } from '../support/published-schema.ts';
import { until } from '../support/until.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests read what the contract promises; a wrong shape fails where it is read.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface Ask {
  /** A demo party (`buyer-ada`), a raw token, or null for anonymous. Default: `buyer-ada`. */
  readonly as?: string | null;
  readonly body?: unknown;
  readonly key?: string;
  /** Another address than the API's own. */
  readonly at?: string;
  readonly headers?: Record<string, string>;
}

/** The API over a real database and a real Temporal server, listening on a port of its own. */
export interface TestApi {
  readonly url: string;
  readonly deps: ApiDeps;
  readonly database: TestDatabase;
  readonly temporal: OrderServer;
  readonly issuer: DemoIssuer;
  readonly keyFolder: string;
  readonly client: Client;
  ask(method: string, path: string, ask?: Ask): Promise<Answer>;
  close(): Promise<void>;
}

/** The demo party of each role that the tests speak as. */
export const DEMO_PARTY: Readonly<Record<Role, string>> = {
  buyer: 'buyer-ada',
  seller: 'seller-mill',
  distributor: 'distributor-swift',
  operator: 'operator-olga',
};

/** Opens everything that the API needs, seeded with the demo parties. `change` swaps parts of it, `ownTemporal` the run's server. */
export async function testApi(
  change: (deps: ApiDeps, client: Client) => ApiDeps | Promise<ApiDeps> = (deps) => deps,
  { dataConverter, ownTemporal }: { dataConverter?: DataConverter; ownTemporal?: OrderServer } = {},
): Promise<TestApi> {
  const [database, temporal] = await Promise.all([testDatabase(), ownTemporal ?? testTemporal()]);
  const keyFolder = await mkdtemp(join(tmpdir(), 'countersign-api-'));
  await seedDemo(database.orm);
  const connection = await openConnection({ address: temporal.address });
  const client = new Client({ connection, namespace: temporal.namespace, dataConverter });
  const issuer = await openDemoIssuer(keyFolder);
  const deps = await change(await buildDeps({ database, client, issuer, keyFolder }), client);
  const { logger } = deps;
  const listener = listen({
    url: database.serviceUrl,
    channel: 'order_events',
    wake: () => deps.events.wake(),
    logger,
  });
  const server = createApp(deps).listen(0, '127.0.0.1');
  // One process holds both ends: a pause of it must not end a connection that it is about to use.
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokens = await tokensOf(issuer);
  return {
    url,
    deps,
    database,
    temporal,
    issuer,
    keyFolder,
    client,
    ask: (method, path, options = {}) => ask(`${options.at ?? url}${path}`, method, options, tokens),
    async close() {
      await listener.close();
      deps.events.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await connection.close();
      await database.close();
      await rm(keyFolder, { recursive: true, force: true });
    },
  };
}

async function buildDeps(parts: {
  database: TestDatabase;
  client: Client;
  issuer: DemoIssuer;
  keyFolder: string;
}): Promise<ApiDeps> {
  const { client, issuer, keyFolder } = parts;
  const { orm } = parts.database;
  const logger = createLogger({ name: 'test', level: process.env['TEST_LOG'] ?? 'silent' });
  const gateway = createOrderGateway({ client, decisionWaitMs: 60_000, callTimeoutMs: 60_000, certaintyMs: 60_000 });
  const keyRing = await openKeyRing({ orm, source: { directory: keyFolder } });
  const events = createEventFeed({ orm, logger });
  return {
    orm,
    reads: orm,
    gateway,
    events,
    keyRing,
    signing: createCheckSigning({ orm, keyRing, issuer: 'countersign-test' }),
    statusList: createStatusList({ orm, keyRing, issuer: 'countersign-test' }),
    sealer: createSealer({ orm, masterKey: await loadMasterKey({ directory: keyFolder }) }),
    verify: withApiKeys(orm, tokenVerifier(issuer)),
    identities: createIdentities(orm),
    tokenIssuers: [],
    desk: {},
    workflowUrl: (orderId) => `http://temporal.example/namespaces/default/workflows/${orderId}`,
    allowPrivateTargets: true,
    privateSiteAllowed: () => true,
    logger,
    clock: () => new Date(),
    readiness: readinessChecks(orm, gateway, events),
    demoTokens: demoTokens(issuer, orm),
    rateLimit: 100_000,
    trustedProxies: 0,
  };
}

async function tokensOf(issuer: DemoIssuer): Promise<Map<string, string>> {
  const pairs = DEMO_PARTIES.map(async (party) => [party.id, await issuer.issue(party)] as const);
  return new Map(await Promise.all(pairs));
}

async function ask(url: string, method: string, options: Ask, tokens: Map<string, string>): Promise<Answer> {
  const { as = 'buyer-ada', body, key, headers = {} } = options;
  const json = body !== undefined && !(body instanceof Uint8Array) && typeof body !== 'string';
  const response = await fetch(url, {
    method,
    headers: {
      ...(as !== null && { authorization: `Bearer ${tokens.get(as) ?? as}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...headers,
    },
    body: json ? JSON.stringify(body) : (body as string | Uint8Array<ArrayBuffer> | undefined),
    redirect: 'manual',
  });
  const text = await textOf(response);
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const answer: Answer = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  expectPublishedEvents(url, answer);
  return answer;
}

/** Whatever a test is about: the events of every timeline that it reads are as the OpenAPI document has them. */
function expectPublishedEvents(url: string, { status, body }: Answer): void {
  if (status === 200 && url.endsWith('/timeline')) expect(faultsBySchema('Timeline', body)).toEqual([]);
}

/** A stream stays open without end: only its head is an answer. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
  await response.body?.cancel();
  return '';
}

/** A real worker for the orders of this API. */
export function workerFor({ temporal, deps }: TestApi): Promise<RunningWorker> {
  const { orm, sealer, signing, clock } = deps;
  return startWorker(temporal, { orm, sealer, signing, clock, checkLifetimeMs: 30 * 86_400_000 });
}

/** Reports as an order's distributor, as soon as it is instructed: before that there is no such order for it. */
export function reportOnceInstructed(
  api: Pick<TestApi, 'ask'>,
  id: string,
  body: Record<string, unknown>,
): Promise<Answer> {
  const path = `/v1/orders/${id}/distribution-events`;
  return until(
    () => api.ask('POST', path, { as: 'distributor-swift', body }),
    ({ status }) => status !== 404,
  );
}

/**
 * Fixes the date as an order's distributor, as soon as the order takes one: before its instruction there is no such order for it, and its row
 * says so a moment before its workflow knows.
 */
export function scheduleOnceInstructed(
  api: Pick<TestApi, 'ask'>,
  id: string,
  deliverAt: string,
  as = 'distributor-swift',
): Promise<Answer> {
  return until(
    () => api.ask('POST', `/v1/orders/${id}/schedule`, { as, body: { deliverAt } }),
    ({ status }) => ![404, 409].includes(status),
  );
}

/** The problem that the contract promises. */
export function expectProblem(answer: Answer, slug: ProblemSlug): void {
  const { status } = PROBLEMS[slug];
  expect(answer).toMatchObject({ status, body: { type: `/problems/${slug}`, status } });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
}

/** A body that the demo mill can fill: 37.80 EUR. */
export function flourOrder(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    sellerId: 'seller-mill',
    distributorId: 'distributor-swift',
    lines: [{ sku: 'flour-25kg', quantity: 2 }],
    deliverTo: { name: 'Ada Becker', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' },
    ...change,
  };
}
