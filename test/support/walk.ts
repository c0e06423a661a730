import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { Client } from 'pg';
import type { OrderActivities } from '../../activities/index.ts';
import { createApp } from '../../api/app.ts';
import { buildDeps } from '../../api/build-deps.ts';
import { serve } from '../../api/serve.ts';
import { openOffice } from '../../office/open.ts';
import { seedDemo } from '../../office/seed.ts';
import { parseServiceSettings } from '../../platform/settings.ts';
import { countFunctions, type Calls, type FunctionCounter } from './coverage.ts';
import { testDatabase } from './database.ts';
import { announced, runFolder } from './run.ts';
import { testTemporal } from './temporal.ts';
import { startWorker } from './worker.ts';
import { until } from './until.ts';

/** The parts of an order's way through the code, in their order; the first two are one POST. */
export const PHASES = ['demand', 'promise', 'delivery', 'settlement'] as const;
export type Phase = (typeof PHASES)[number];

/** The files of the project that ran a function for an order in each part of its way. */
export type Walk = Readonly<Record<Phase, readonly string[]>>;

/** Orders that are walked: what runs for fewer of them (a key read again, a cache filled) is not an order's own. */
const ORDERS = 5;
/** Of so many at the most: an order with a slow step is not one that all goes well with, and does not count. */
const MOST_ORDERS = 60;

/**
 * Walks orders, one after the other, through API and worker as their processes build them, and finds which of the project's
 * files run at least one function for each of them, in each of four parts:
 *
 * - demand: from `POST /v1/orders` until the check is issued and presented;
 * - promise: from its validation until the order waits for its delivery, all parties acting by themselves, and the POST has
 *   its 201, which the first workflow task answers at its end;
 * - delivery: from `POST /v1/orders/{id}/distribution-events` with the confirmation until the completion is on record;
 * - settlement: from `settlePayment` until the workflow has ended.
 *
 * The parts are told apart by the first step of each, which a settlement delays until the POST before it is answered. What runs by the
 * clock is taken off by an idle window as long as all orders together; nobody is notified of events, and the reader of the
 * outbox is closed, so that what merely listens does not count. A module that is only loaded, or only holds constants and
 * types, runs no function and does not count.
 */
export async function walkOrders(): Promise<Walk> {
  // The worker runs the workflows in this thread, where their functions are counted.
  process.env['TEMPORAL_DEBUG'] = '1';
  const service = await openService();
  const { codePath } = await announced<{ codePath: string }>('workflow-bundle');
  const counter = countFunctions(codePath);
  try {
    for (let order = 0; order < 3; order += 1) await walkOne(service, counter, new Map());
    counter.take();
    const total = new Map<Phase, Calls>();
    let lasted = 0;
    for (let walked = 0, tried = 0; walked < ORDERS; tried += 1) {
      if (tried === MOST_ORDERS)
        throw new Error(`of ${MOST_ORDERS} orders ${walked} went well: the machine is too slow`);
      const began = Date.now();
      const own = new Map<Phase, Calls>();
      if (!(await service.wentWell(await walkOne(service, counter, own)))) continue;
      for (const [phase, calls] of own) total.set(phase, added(total.get(phase) ?? new Map(), calls));
      lasted += Date.now() - began;
      walked += 1;
    }
    counter.take();
    await sleep(lasted);
    const idle = counter.take();
    const files = (phase: Phase) => filesOf(total.get(phase) ?? new Map(), idle);
    return {
      demand: files('demand'),
      promise: files('promise'),
      delivery: files('delivery'),
      settlement: files('settlement'),
    };
  } finally {
    counter.close();
    await service.close();
    delete process.env['TEMPORAL_DEBUG'];
  }
}

/** Walks one order and counts what it ran; returns its id. */
async function walkOne(service: WalkedService, counter: FunctionCounter, own: Map<Phase, Calls>): Promise<string> {
  const note = (phase: Phase) => own.set(phase, added(own.get(phase) ?? new Map(), counter.take()));
  const answered = Promise.withResolvers<void>();
  service.before.validateCheck = async () => void note('demand');
  service.before.settlePayment = async () => {
    await answered.promise;
    note('delivery');
  };
  counter.take();
  const { id } = await service.ask('buyer-ada', '/v1/orders', ORDER, 201);
  await service.until(id, 'scheduled');
  note('promise');
  const delivered = { eventId: `delivered-${id}`, kind: 'delivered', occurredAt: new Date().toISOString() };
  await service.ask('distributor-swift', `/v1/orders/${id}/distribution-events`, delivered, 202);
  answered.resolve();
  await service.until(id, 'completed');
  note('settlement');
  return id;
}

const ORDER = {
  sellerId: 'seller-mill',
  distributorId: 'distributor-swift',
  lines: [{ sku: 'rye-1kg', quantity: 3 }],
  deliverTo: { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
};

interface WalkedService {
  /** Called before these steps, the first ones of the promise and of the settlement. */
  readonly before: { validateCheck?: () => Promise<void>; settlePayment?: () => Promise<void> };
  ask(party: string, path: string, body: unknown, status: number): Promise<{ id: string }>;
  /** Waits until the order's row is in this stage and nothing runs for it any more. */
  until(id: string, stage: string): Promise<void>;
  /**
   * Whether each of the order's steps has done its work as a local activity, in a workflow task that was done, and no request for it was
   * turned away: nothing had to be repeated.
   */
  wentWell(id: string): Promise<boolean>;
  close(): Promise<void>;
}

async function openService(): Promise<WalkedService> {
  const [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  await seedDemo(database.orm);
  const owner = new Client({ connectionString: database.url });
  // A walk that ran out of time has its database taken away.
  owner.on('error', () => undefined);
  await owner.connect();
  await owner.query('alter table order_events disable trigger user');
  const dataDir = mkdtempSync(join(runFolder(), 'walk-'));
  const settings = parseServiceSettings({
    DATABASE_URL: database.serviceUrl,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    DATA_DIR: dataDir,
    PORT: '1',
    EMBEDDED: 'true',
    LOG_LEVEL: 'silent',
    POST_WAIT_MS: '60000',
  });
  const connection = await Connection.connect({ address: temporal.address });
  const { workflow } = new TemporalClient({ connection, namespace: temporal.namespace });
  const built = await buildDeps(settings);
  built.deps.events.close();
  const api = await serve(createApp(built.deps), { host: '127.0.0.1', port: 0 });
  const office = await openOffice(settings, 'worker');
  const before: WalkedService['before'] = {};
  let hasRepeated = false;
  const deps = { ...office, clock: () => new Date(), checkLifetimeMs: 30 * 86_400_000 };
  const worker = await startWorker(temporal, deps, (steps) => watched(steps, before));
  const tokens = new Map((await built.deps.demoTokens?.())?.map(({ party, token }) => [party, token]));
  return {
    before,
    async ask(party, path, body, status) {
      const request = {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokens.get(party)}`,
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
        },
        body: JSON.stringify(body),
      };
      let tries = 0;
      const response = await until(
        () => {
          tries += 1;
          return fetch(`${api.url}${path}`, request);
        },
        (answered) => answered.status !== 503,
      );
      if (tries > 1) hasRepeated = true;
      const answer = await response.text();
      if (response.status !== status) throw new Error(`${path} answered ${response.status}: ${answer}`);
      return JSON.parse(answer);
    },
    async until(id, stage) {
      await until(
        async () =>
          (await owner.query<{ stage: string }>('select stage from orders where id = $1', [id])).rows[0]?.stage,
        (reached) => reached === stage,
        { what: `order ${id} in ${stage}` },
      );
      await sleep(150);
    },
    async wentWell(id) {
      const repeated = hasRepeated;
      hasRepeated = false;
      if (repeated) return false;
      const { events } = await workflow.getHandle(id).fetchHistory();
      return !events?.some(
        (event) =>
          event.activityTaskScheduledEventAttributes ??
          event.workflowTaskTimedOutEventAttributes ??
          event.workflowTaskFailedEventAttributes,
      );
    },
    async close() {
      await worker.stop();
      await connection.close();
      await office.close();
      await api.close();
      await built.close();
      await owner.end();
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function watched(steps: OrderActivities, before: WalkedService['before']): OrderActivities {
  return {
    ...steps,
    async validateCheck(input) {
      await before.validateCheck?.();
      return steps.validateCheck(input);
    },
    async settlePayment(input) {
      await before.settlePayment?.();
      return steps.settlePayment(input);
    },
  };
}

function added(one: Calls, other: Calls): Calls {
  const sum = new Map([...one].map(([file, counts]) => [file, new Map(counts)]));
  for (const [file, counts] of other) {
    const known = sum.get(file) ?? new Map<string, number>();
    sum.set(file, known);
    for (const [place, count] of counts) known.set(place, (known.get(place) ?? 0) + count);
  }
  return sum;
}

function filesOf(calls: Calls, idle: Calls): string[] {
  const ran = [...calls].filter(([file, counts]) =>
    [...counts].some(([place, count]) => count - (idle.get(file)?.get(place) ?? 0) >= ORDERS),
  );
  return ran.map(([file]) => file).toSorted();
}
