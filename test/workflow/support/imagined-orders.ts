import type { OrderStart } from '../../../workflows/runtime/carried-state.ts';
import { randomInt } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { Context } from '@temporalio/activity';
import { createPlaces } from '../../../activities/transmissions/places.ts';
import { transmitting } from '../../../activities/transmissions/transmitting.ts';
import type { Transmission } from '../../../activities/transmissions/index.ts';
import type { OrderId } from '../../../domain/ids.ts';
import type { TransmissionName } from '../../../domain/transmissions.ts';
import { searchAttributes, taskQueues } from '../../../temporal.config.ts';
import { ORDER_WORKFLOW, state, type OrderResult, type OrderState } from '../../../workflows/messages/definitions.ts';
import type { OrderWorkflow } from '../../../workflows/order.ts';
import { deploymentOf, type OrderWorkerOptions } from '../../../workers/order-worker.ts';
import { announced } from '../../support/run.ts';
import { quietRuntime } from '../../support/quiet-runtime.ts';
import { testTemporal, timeSkippingTemporal, type OrderServer } from '../../support/temporal.ts';
import { temporalClient } from './histories.ts';
import {
  goodSteps,
  goodTransmissions,
  type Agents,
  type StepName,
  type Steps,
  type Transmissions,
} from './imagined-steps.ts';
import { until } from '../../support/until.ts';

/** An order whose steps are imagined: run by the real workflow on a server that skips the time in which it only waits. */
export interface ImaginedOrder {
  readonly id: OrderId;
  readonly handle: WorkflowHandle<typeof OrderWorkflow>;
  /**
   * The steps that were taken to their end, in that order, without notes for people; each once, also where it was asked
   * for again because the workflow task that it belonged to was lost.
   */
  readonly taken: StepName[];
  /** What the parties' own servers have signed for, in that order. */
  readonly receipted: TransmissionName[];
  /** What each step was given, the last time. */
  readonly given: Partial<Record<StepName, unknown>>;
  /** Lets time pass until the order has ended. */
  end(): Promise<OrderResult>;
  /** Waits, without letting time pass, until the workflow is as wanted. */
  until(wanted: (state: OrderState) => boolean): Promise<OrderState>;
  state(): Promise<OrderState>;
  /** Steps that are asked for again are taken again, as those of a repaired worker are. */
  forgetAnswers(): void;
}

export interface Imagining {
  /** Changes steps; each may call what it replaces. */
  readonly steps?: (good: Steps) => Partial<Steps>;
  /** `buyer`, `seller`, `distributor`: who decides by hand. */
  readonly manual?: readonly string[];
  /** `seller`, `distributor`: who has a server of its own. */
  readonly sites?: Agents['sites'];
  /** Changes what these servers answer; each may call what it replaces. */
  readonly servers?: (good: Transmissions) => Partial<Transmissions>;
  readonly input?: Partial<OrderStart>;
}

export interface ImaginedOrders {
  readonly client: Client;
  /** Lets time pass, where it can be skipped. */
  sleep(duration: Duration): Promise<void>;
  nowMs(): Promise<number>;
  order(imagining?: Imagining): Promise<ImaginedOrder>;
  close(): Promise<void>;
}

interface Book {
  readonly steps: Steps;
  readonly servers: Transmissions;
  readonly receipted: TransmissionName[];
  readonly taken: StepName[];
  readonly given: Partial<Record<StepName, unknown>>;
  /** What each attempt of each activity came to. */
  readonly attempts: Map<string, Promise<unknown>>;
  /** What was answered to each input, by the newest attempt. */
  readonly answered: Map<string, Promise<unknown>>;
}

interface Server {
  readonly client: Client;
  readonly nativeConnection: NativeConnection;
  readonly namespace: string;
  sleep(duration: Duration): Promise<void>;
  nowMs(): Promise<number>;
  close(): Promise<void>;
}

/** On a server of one's own that skips the time in which a workflow only waits. */
export async function imaginedOrders(): Promise<ImaginedOrders> {
  const environment = await timeSkippingTemporal();
  return ordersOn({
    client: environment.client,
    nativeConnection: environment.nativeConnection,
    namespace: environment.namespace ?? 'default',
    sleep: (duration) => environment.sleep(duration),
    nowMs: () => environment.currentTimeMs(),
    close: () => environment.teardown(),
  });
}

/** On the run's real server, where time passes as it does: the skipping one knows less of cancelled and failing activities. */
export async function imaginedOrdersInRealTime(
  server?: OrderServer,
  version?: OrderWorkerOptions['version'],
): Promise<ImaginedOrders> {
  quietRuntime();
  return ordersOn(await realServer(server ?? (await testTemporal())), version);
}

async function realServer(server: OrderServer): Promise<Server> {
  const client = await temporalClient(server);
  const nativeConnection = await NativeConnection.connect({ address: server.address });
  return {
    client,
    nativeConnection,
    namespace: server.namespace,
    sleep: () => Promise.reject(new Error('time cannot be skipped here')),
    nowMs: async () => Date.now(),
    async close() {
      await client.connection.close();
      await nativeConnection.close();
    },
  };
}

async function ordersOn(server: Server, version?: OrderWorkerOptions['version']): Promise<ImaginedOrders> {
  const workflowBundle = await announced<{ codePath: string }>('workflow-bundle');
  const books = new Map<string, Book>();
  const worker = await Worker.create({
    connection: server.nativeConnection,
    namespace: server.namespace,
    taskQueue: taskQueues.orders,
    workflowBundle,
    activities: stepsOf(books),
    ...(version && { workerDeploymentOptions: deploymentOf(version) }),
  });
  const parties = await Worker.create({
    connection: server.nativeConnection,
    namespace: server.namespace,
    taskQueue: taskQueues.parties,
    activities: transmissionsOf(books),
    ...(version && { workerDeploymentOptions: deploymentOf(version) }),
  });
  const running = Promise.all([worker.run(), parties.run()]);
  const { client } = server;
  return {
    client,
    sleep: (duration) => server.sleep(duration),
    nowMs: () => server.nowMs(),
    async order(imagining = {}) {
      const input = inputOf(imagining.input);
      const nowMs = await server.nowMs();
      const good = goodSteps(input, nowMs, imagining);
      const answers = goodTransmissions(nowMs);
      const book: Book = {
        steps: { ...good, ...imagining.steps?.(good) },
        servers: { ...answers, ...imagining.servers?.(answers) },
        receipted: [],
        taken: [],
        given: {},
        attempts: new Map(),
        answered: new Map(),
      };
      books.set(input.orderId, book);
      const handle = await client.workflow.start<typeof OrderWorkflow>(ORDER_WORKFLOW, {
        workflowId: input.orderId,
        taskQueue: taskQueues.orders,
        args: [input],
        typedSearchAttributes: [{ key: searchAttributes.sellerId, value: input.sellerId }],
      });
      return imaginedOrder(handle, input.orderId, book);
    },
    async close() {
      worker.shutdown();
      parties.shutdown();
      await running;
      await server.close();
    },
  };
}

function imaginedOrder(handle: WorkflowHandle<typeof OrderWorkflow>, id: OrderId, book: Book): ImaginedOrder {
  const order: ImaginedOrder = {
    id,
    handle,
    taken: book.taken,
    receipted: book.receipted,
    given: book.given,
    end: () => handle.result(),
    state: () => handle.query(state),
    forgetAnswers() {
      book.attempts.clear();
      book.answered.clear();
    },
    until: (wanted) => until(() => order.state(), wanted, { what: `order ${id}: ${String(wanted)}` }),
  };
  return order;
}

/** Every step finds its order's book, for one worker runs many orders. */
function stepsOf(books: Map<string, Book>): Record<string, (input: unknown) => Promise<unknown>> {
  const names = Object.keys(goodSteps(inputOf(), 0)) as StepName[];
  const stepNamed = (name: StepName) => async (input: unknown) => {
    const book = books.get(orderIdIn(input));
    if (!book) throw new Error(`${name} for an order that was not imagined`);
    return once(book, name, input, async () => {
      book.given[name] = input;
      const result = await (book.steps[name] as (given: unknown) => Promise<unknown>)(input);
      if (!name.startsWith('note')) book.taken.push(name);
      return result;
    });
  };
  return Object.fromEntries(names.map((name) => [name, stepNamed(name)]));
}

/**
 * What the attempt that runs here comes to. A local activity is done again when the workflow task that it belonged to was
 * lost, and a regular one follows where an answer came too late to be heard; as the real steps answer from the record then,
 * the imagined ones answer as they did, and count it once. A local activity of its own is always a new step.
 */
function once(book: Book, name: string, input: unknown, attempted: () => Promise<unknown>): Promise<unknown> {
  const { workflowExecution, activityId, attempt, isLocal } = Context.current().info;
  const run = workflowExecution?.runId;
  const key = JSON.stringify([run, activityId, attempt, name, input]);
  const known = book.attempts.get(key);
  if (known) return known;
  // What the order shows meanwhile is no other message.
  const asked = JSON.stringify([run, name, { ...(input as object), shown: undefined }]);
  if (isLocal) book.answered.delete(asked);
  const outcome = book.answered.get(asked) ?? attempted();
  book.attempts.set(key, outcome);
  void outcome.then(
    () => book.answered.set(asked, outcome),
    () => undefined,
  );
  return outcome;
}

/** As the real ones: a failure is named, and one that is another than the order shows ends the row of attempts. */
function transmissionsOf(books: Map<string, Book>) {
  const names = Object.keys(goodTransmissions(0)) as TransmissionName[];
  const sendNamed = (name: TransmissionName) => async (input: Transmission) => {
    const book = books.get(input.orderId);
    if (!book) throw new Error(`${name} for an order that was not imagined`);
    return once(book, name, input, async () => {
      const answer = await (book.servers[name] as (given: Transmission) => Promise<unknown>)(input);
      book.receipted.push(name);
      return answer;
    });
  };
  const sends = Object.fromEntries(names.map((name) => [name, sendNamed(name)])) as Record<
    TransmissionName,
    ReturnType<typeof sendNamed>
  >;
  return transmitting(sends, createPlaces());
}

interface AnyInput {
  readonly orderId?: string;
  readonly order?: { readonly orderId: string };
  readonly instruction?: { readonly orderId: string };
}

/** Which order a step is taken for. */
export function orderIdIn(input: unknown): string {
  const { orderId, order, instruction } = input as AnyInput;
  return orderId ?? order?.orderId ?? instruction?.orderId ?? 'none';
}

/** A good demand, with changes. */
export function inputOf(change: Partial<OrderStart> = {}): OrderStart {
  const id = Array.from({ length: 26 }, () => randomInt(36).toString(36)).join('');
  return {
    orderId: `order-${id}` as OrderId,
    requestDigest: 'digest',
    buyerId: 'buyer-ada',
    terminalId: 'terminal-1',
    sellerId: 'seller-mill',
    distributorId: 'distributor-swift',
    lines: [{ sku: 'rye-1kg', quantity: 3 }],
    deliverToSealed: 'a..b.c.d',
    orderDigest: 'order-digest',
    settleOn: 'delivery',
    requestedAt: new Date().toISOString(),
    backgroundAtRest: true,
    ...change,
  };
}
