import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { announced } from '../support/run.ts';
import { historyOf } from './support/histories.ts';
import { imaginedOrdersInRealTime, type ImaginedOrder, type ImaginedOrders } from './support/imagined-orders.ts';

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrdersInRealTime();
});
afterAll(() => imagined.close());

const away = () => Promise.reject(ApplicationFailure.nonRetryable('the office is away', 'NoSuchThing'));

/** An order two of whose steps fail the first time, and whose notes about it end while later steps are at work. */
function troubledOrder(noteMs: number): Promise<ImaginedOrder> {
  const tried = new Set<string>();
  const isFirst = (step: string) => !tried.has(step) && tried.add(step).has(step);
  return imagined.order({
    steps: ({ issueCheck, scheduleDispatch }) => ({
      issueCheck: (input) => (isFirst('issueCheck') ? away() : issueCheck(input)),
      scheduleDispatch: (input) => (isFirst('scheduleDispatch') ? away() : scheduleDispatch(input)),
      noteAttention: () => sleep(noteMs),
    }),
  });
}

/** An argument that takes the worker a while to read: local activities come to their end meanwhile. */
const LARGE = 'x'.repeat(1_000_000);

/** A query ends a workflow task early, also while a local activity is on its way. */
async function lookAt(order: ImaginedOrder, over: AbortSignal): Promise<void> {
  while (!over.aborted) await order.handle.query<unknown, [string]>('state', LARGE).catch(() => sleep(20));
}

async function runToItsEnd(order: ImaginedOrder): Promise<void> {
  const over = new AbortController();
  const looking = lookAt(order, over.signal);
  await order.until(({ stage }) => stage === 'scheduled');
  await order.handle.signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
  await order.end();
  over.abort();
  await looking;
}

/** What the workflow of today says to histories: nothing, where all is well. */
async function failuresOf(histories: readonly { workflowId: string; history: unknown }[]): Promise<string[]> {
  const { codePath } = await announced<{ codePath: string }>('workflow-bundle');
  const failures: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, histories)) {
    if (error) failures.push(`${workflowId}: ${error.message}`);
  }
  return failures;
}

test('an order is replayed, whichever note ended during its steps and whenever somebody looked at it', async () => {
  const orders = await Promise.all([5, 60, 130].map(troubledOrder));
  await Promise.all(orders.map(runToItsEnd));
  const histories = await Promise.all(orders.map(({ id }) => historyOf(imagined.client, id)));
  const named = histories.map(({ history }, index) => ({ workflowId: orders[index]?.id ?? '', history }));
  expect(await failuresOf(named)).toEqual([]);
});

/**
 * Made from one that could not be replayed: a query ended the workflow task in which `validateCheck` answered, and a note ended
 * before the next. Changed in it: the order's input, no patch marker, and the last note comes when the steps rest.
 */
test('a step that answered during a query, and a note that ended just after it, are replayed', async () => {
  const url = new URL('interleaved-histories/query-during-a-step.json', import.meta.url);
  const history: unknown = JSON.parse(readFileSync(url, 'utf8'));
  expect(await failuresOf([{ workflowId: 'order-imlxal3hmoywbik0q066d86pvb', history }])).toEqual([]);
});
