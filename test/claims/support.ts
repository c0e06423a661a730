import { Client } from 'pg';
import { expect } from '@jest/globals';
import { readTimeline } from '../../office/orders/timeline.ts';
import type { createOrderActivities } from '../../activities/index.ts';
import type { TransmissionActivities } from '../../activities/transmissions/index.ts';
import { reportOnceInstructed, type Answer } from '../api/support.ts';
import { orderFor, testService, withoutAttention, type TestService } from '../support/service.ts';

export type Steps = ReturnType<typeof createOrderActivities>;
export type Transmissions = TransmissionActivities;
/** What a test puts in the place of steps, or of what is sent to parties' own servers. */
export interface Changes {
  readonly steps?: Partial<Steps>;
  readonly transmissions?: Partial<Transmissions>;
}

/** The whole service, whose steps a test may change while it runs: how a guard is taken away and put back. */
export interface ClaimService extends TestService {
  /** The steps as they are. */
  readonly steps: Steps;
  /** What is sent to parties' own servers, as it is. */
  readonly transmissions: Transmissions;
  /** The database as its owner: what no part of the service may do. */
  readonly owner: Client;
  /** Runs something while some steps are others. */
  changing<Result>(steps: Partial<Steps>, run: () => Promise<Result>): Promise<Result>;
  /** The same, and some transmissions. */
  changingAll<Result>(changes: Changes, run: () => Promise<Result>): Promise<Result>;
  /** Posts an order under a key of its own. */
  order(change?: Record<string, unknown>, as?: string): Promise<Answer>;
  /** All that is on record of an order, whoever may know it. */
  timeline(id: string): Promise<TimelineEvent[]>;
}

export interface TimelineEvent {
  readonly type: string;
  readonly actor: string;
  readonly recipient: string | null;
  readonly occurredAt: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** Opens the service for the claims of one file. */
export async function claimService(): Promise<ClaimService> {
  let real: Steps | undefined;
  let realSends: Transmissions | undefined;
  let change: Changes = {};
  const service = await testService((steps) => changeable((real = steps), () => change.steps), {
    transmissions: (sends) => changeable((realSends = sends), () => change.transmissions),
  });
  const owner = new Client({ connectionString: service.database.url });
  await owner.connect();
  const changingAll: ClaimService['changingAll'] = async (wanted, run) => {
    change = wanted;
    try {
      return await run();
    } finally {
      change = {};
    }
  };
  let count = 0;
  return {
    ...service,
    owner,
    get steps() {
      if (!real) throw new Error('the worker has not started');
      return real;
    },
    get transmissions() {
      if (!realSends) throw new Error('the worker has not started');
      return realSends;
    },
    changing: (steps, run) => changingAll({ steps }, run),
    changingAll,
    order(body = {}, as = 'buyer-ada') {
      count += 1;
      return service.ask('POST', '/v1/orders', { as, body: orderFor(body), key: `claim-${count}` });
    },
    timeline: async (id) => withoutAttention(await readTimeline(service.deps.orm.em.fork(), id)),
    async close() {
      await owner.end();
      await service.close();
    },
  };
}

type AnyStep = (input: unknown) => Promise<unknown>;

function changeable<All extends object>(all: All, change: () => Partial<All> | undefined): All {
  const current = (name: string): AnyStep => ({ ...all, ...change() })[name as keyof All] as AnyStep;
  return Object.fromEntries(Object.keys(all).map((name) => [name, (input: unknown) => current(name)(input)])) as All;
}

/** Expects a claim's assertion to turn red: it fails by an `expect`, not by some accident. */
export async function expectRed(assertion: () => Promise<void>): Promise<void> {
  const failure: unknown = await assertion().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure === undefined) throw new Error("the guard was taken away and the claim's test did not notice");
  expect(failure).toHaveProperty('matcherResult');
}

/** The distributor reports; `delivered` confirms the delivery. */
export async function report(service: TestService, id: string, eventId: string, kind = 'delivered'): Promise<void> {
  const occurredAt = new Date().toISOString();
  const answer = await reportOnceInstructed(service, id, { eventId, kind, occurredAt });
  expect(answer.status).toBe(202);
}

/** Makes the seller decide by hand, or at once. */
export async function sellerDecides(service: TestService, agent: 'manual' | 'auto'): Promise<void> {
  await putSeller(service, { agent });
}

export async function putSeller(service: TestService, change: Record<string, unknown>): Promise<void> {
  const body = { name: 'The Mill', ...change };
  const { status } = await service.ask('PUT', '/v1/registry/sellers/seller-mill', { as: 'operator-olga', body });
  expect(status).toBe(200);
}

export async function putDistributor(service: TestService, change: Record<string, unknown>): Promise<void> {
  const path = '/v1/registry/distributors/distributor-swift';
  const { status } = await service.ask('PUT', path, { as: 'operator-olga', body: { name: 'Swift', ...change } });
  expect(status).toBe(200);
}

export async function account(service: TestService, id: string): Promise<Answer['body']> {
  const { body } = await service.ask('GET', `/v1/accounts/${id}`, { as: 'operator-olga' });
  return body;
}

/** How many checks and holds there are: what a refused demand must not change. */
export async function checksAndHolds({ owner }: ClaimService): Promise<unknown> {
  const { rows } = await owner.query(
    `select (select count(*) from echecks) as checks, (select count(*) from transfers where kind = 'hold') as holds,
       (select sum(held) from accounts) as held`,
  );
  return rows[0];
}
