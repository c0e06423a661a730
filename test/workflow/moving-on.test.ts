import { isGrpcDeadlineError, WorkflowUpdateFailedError } from '@temporalio/client';
import { isEnded } from '../../domain/order.ts';
import { moveOn, type OrderState } from '../../workflows/messages/definitions.ts';
import { until } from '../support/until.ts';
import { ENDINGS } from './support/endings.ts';
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
  expect(asOften(moved.taken)).toEqual(asOften(plain.taken));
  expect(asOften(moved.receipted)).toEqual(asOften(plain.receipted));
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

async function runOf({ handle }: ImaginedOrder): Promise<string | undefined> {
  const { status, runId } = await handle.describe();
  return status.name === 'RUNNING' ? runId : undefined;
}

describe('told before every message, and at its beginning', () => {
  let orders: ImaginedOrders;
  beforeAll(async () => {
    // A server that was away is tried again within seconds: no time need be skipped.
    orders = { ...(await imaginedOrdersInRealTime()), sleep: async () => undefined };
  });
  afterAll(() => orders.close());

  test.each(OF_MESSAGES)('%s: the same end, the same steps, each once', (name) =>
    expectSame(orders, name, movedBeforeEachMessage),
  );

  /** The message comes to the run that is told, or to the one after it. */
  async function movedBeforeEachMessage(order: ImaginedOrder): Promise<ImaginedOrder> {
    const { handle } = order;
    const told = async <Result>(send: () => Promise<Result>): Promise<Result | undefined> => {
      if ((await runOf(order)) === undefined) return undefined;
      await handle.signal(moveOn);
      return send();
    };
    await told(async () => undefined);
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
    const ask = () => orders.client.withDeadline(Date.now() + 20_000, () => order.state());
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
    const before = await runOf(order);
    await order.handle.signal(moveOn);
    await until(
      () => runOf(order),
      (now) => now !== before,
    );
    return order;
  }
});
