import { Context } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { isGrpcDeadlineError, WorkflowUpdateFailedError } from '@temporalio/client';
import { isEnded } from '../../domain/order.ts';
import { moveOn, type OrderState } from '../../workflows/messages/definitions.ts';
import { announced } from '../support/run.ts';
import { until } from '../support/until.ts';
import { cardWhen } from './support/cards.ts';
import { deliver, ENDINGS, hopeless } from './support/endings.ts';
import type { Transmissions } from './support/imagined-steps.ts';
import {
  imaginedOrders,
  imaginedOrdersInRealTime,
  type ImaginedOrder,
  type ImaginedOrders,
} from './support/imagined-orders.ts';

/* An order whose build is to be drained continues as new at its next quiet moment, whatever it waits for, and comes to the same end. */

/** The ways to an end on which days pass. */
const OF_TIME = ['completed-after-a-moved-date', 'completed-after-being-overdue', 'expired'];
const OF_MESSAGES = Object.keys(ENDINGS).filter((name) => !OF_TIME.includes(name));

async function run(
  orders: ImaginedOrders,
  name: string,
  how: (order: ImaginedOrder) => Promise<ImaginedOrder>,
): Promise<ImaginedOrder> {
  const { imagining, send } = ENDINGS[name] ?? {};
  const order = await how(await orders.order(imagining));
  await send?.(order, orders);
  await order.end();
  return order;
}

async function expectSame(
  orders: ImaginedOrders,
  name: string,
  how: (order: ImaginedOrder) => Promise<ImaginedOrder>,
): Promise<void> {
  const plain = await run(orders, name, async (order) => order);
  const moved = await run(orders, name, how);
  expect(await moved.end()).toEqual({ ...(await plain.end()), orderId: moved.id });
  // The others may have ended before they wait for anything.
  if (ENDINGS[name]?.send || OF_TIME.includes(name)) expect(await hasMovedOn(moved)).toBe(true);
  expect(asOften(moved.taken)).toEqual(asOften(plain.taken));
  // What was under way to a server when the run was over has gone out again, under its number.
  expect(new Set(moved.receipted)).toEqual(new Set(plain.receipted));
}

/** Asked again under its key, as by every order that goes on from a record; or a question, which changes nothing. */
const REPEATED = [
  'settlePayment',
  'priceOrder',
  'judgeCredit',
  'verifySellerRegistration',
  'verifyDistributorRegistration',
];
const asOften = (names: readonly string[]) =>
  names.filter((name, index) => !REPEATED.includes(name) || names.indexOf(name) === index).toSorted();

/** More than one run has worked on it. */
async function hasMovedOn({ handle }: ImaginedOrder): Promise<boolean> {
  const { raw, runId } = await handle.describe();
  return raw.workflowExecutionInfo?.firstRunId !== runId;
}

/** Tells it, and waits until the next run has begun. */
async function moveOnNow(order: ImaginedOrder): Promise<void> {
  const before = await runOf(order);
  await order.handle.signal(moveOn);
  await until(
    () => runOf(order),
    (now) => now !== undefined && now !== before,
  );
}

async function runOf({ handle }: ImaginedOrder): Promise<string | undefined> {
  const { status, runId } = await handle.describe();
  return status.name === 'RUNNING' ? runId : undefined;
}

describe('told before every message, and at its beginning', () => {
  let orders: ImaginedOrders;
  /** The orders that were told. */
  const moved: string[] = [];
  /** All at the same time: most of it is waiting. */
  let compared: ReadonlyMap<string, Promise<void>>;
  beforeAll(async () => {
    // A server that was away is tried again within seconds: no time need be skipped.
    orders = { ...(await imaginedOrdersInRealTime()), sleep: async () => undefined };
    compared = new Map(OF_MESSAGES.map((name) => [name, expectSame(orders, name, movedBeforeEachMessage)]));
    for (const one of compared.values()) one.catch(() => undefined);
  });
  afterAll(() => orders.close());

  test.each(OF_MESSAGES)('%s: the same end, the same steps, each once', (name) => compared.get(name));

  test('every run of theirs replays', async () => {
    const { codePath } = await announced<{ codePath: string }>('workflow-bundle');
    const failures: string[] = [];
    for await (const { workflowId, error } of Worker.runReplayHistories(
      { workflowBundle: { codePath } },
      runsOf(moved),
    ))
      if (error) failures.push(`${workflowId}: ${error.message}`);
    expect(failures).toEqual([]);
  });

  async function* runsOf(ids: readonly string[]) {
    const { workflow } = orders.client;
    for (const workflowId of ids) {
      const { raw } = await workflow.getHandle(workflowId).describe();
      for (let runId = raw.workflowExecutionInfo?.firstRunId; runId;) {
        const history = await workflow.getHandle(workflowId, runId).fetchHistory();
        yield { workflowId, history };
        runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
      }
    }
  }

  test('a message to a server that hangs is ended, and the next run sends it again', async () => {
    let sent = 0;
    const hangsOnce = (good: Transmissions): Partial<Transmissions> => ({
      presentToSeller: (input) => ((sent += 1) > 1 ? good.presentToSeller(input) : untilEnded()),
    });
    const order = await orders.order({ sites: ['seller'], servers: hangsOnce });
    await until(() => sent === 1);
    await moveOnNow(order);
    await order.until(({ stage }) => stage === 'scheduled');
    expect(sent).toBe(2);
  });

  test('what waits for its demand after the delivery moves on, and its card offers no abort', async () => {
    const { imagining } = ENDINGS['completed-on-its-own-demand'] ?? {};
    const order = await orders.order(imagining);
    await deliver(order);
    await order.until(({ stage, waitingOn }) => stage === 'delivered' && waitingOn !== null);
    await moveOnNow(order);
    expect(await cardWhen(orders.client, order.id, /delivered: waits for/)).not.toContain('abort');
    await order.handle.executeUpdate('demandPayment', {
      args: [{ echeck: 'head.body.signature', actor: 'seller-mill' }],
    });
    expect(await order.end()).toMatchObject({ stage: 'completed' });
  });

  test('a step that is parked is tried again by the next run', async () => {
    let tries = 0;
    const order = await orders.order({
      steps: ({ scheduleDispatch }) => ({
        scheduleDispatch: (input) => ((tries += 1) > 2 ? scheduleDispatch(input) : hopeless()),
      }),
    });
    await order.until(({ attention }) => attention?.reason.startsWith('Parked:') ?? false);
    await moveOnNow(order);
    await order.until(({ stage, attention }) => stage === 'scheduled' && attention === null);
  });

  /** As a call that its caller ends: by itself it would go on for as long as it may. */
  function untilEnded(): Promise<never> {
    const { cancellationSignal } = Context.current();
    return new Promise((_, reject) => {
      cancellationSignal.addEventListener('abort', () => reject(new Error('ended')));
    });
  }

  /** The first message comes to the run after the one that is told; each further one to that run, or to the one after it. */
  async function movedBeforeEachMessage(order: ImaginedOrder): Promise<ImaginedOrder> {
    const { handle } = order;
    let messages = 0;
    moved.push(order.id);
    const told = async <Result>(send: () => Promise<Result>): Promise<Result | undefined> => {
      if ((await runOf(order)) === undefined) return undefined;
      messages += 1;
      await (messages === 1 ? moveOnNow(order) : handle.signal(moveOn));
      return send();
    };
    if ((await runOf(order)) !== undefined) await handle.signal(moveOn);
    const moving = Object.assign(Object.create(handle) as typeof handle, {
      signal: (...said: Parameters<typeof handle.signal>) => told(() => handle.signal(...said)),
      executeUpdate: (...said: Parameters<typeof handle.executeUpdate>) =>
        told(() => handle.executeUpdate(...said).catch(unlessRetriedAlready)),
      cancel: () => told(() => handle.cancel()),
    });
    return {
      ...order,
      handle: moving,
      // A new run asks again at once whether a suspended party may act: the order may have ended by then.
      until: (wanted) =>
        until(
          () => stateOf(order),
          (state) => wanted(state) || isEnded(state.stage),
        ),
    };
  }

  /** A new run tries a step again by itself: a retry that comes after it finds nothing to do. */
  function unlessRetriedAlready(error: unknown): void {
    if (!(error instanceof WorkflowUpdateFailedError) || !error.cause?.message.startsWith('there is nothing to retry'))
      throw error;
  }

  /** A question to a run that continues as new at that moment may be lost: it is asked again. */
  function stateOf(order: ImaginedOrder): Promise<OrderState> {
    const ask = () => orders.client.withDeadline(Date.now() + 5_000, () => order.state());
    return ask().catch((error: unknown) => {
      if (isGrpcDeadlineError(error)) return stateOf(order);
      throw error;
    });
  }
});

describe('told once it waits, before days pass', () => {
  let orders: ImaginedOrders;
  beforeAll(async () => {
    orders = await imaginedOrders();
  });
  afterAll(() => orders.close());

  test.each(OF_TIME)('%s: the same end, the same steps, each once', (name) =>
    expectSame(orders, name, movedOnceWaiting),
  );

  async function movedOnceWaiting(order: ImaginedOrder): Promise<ImaginedOrder> {
    await order.until(({ waitingOn }) => waitingOn !== null);
    await moveOnNow(order);
    return order;
  }
});
