import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { historyOf, type OrderHistory } from './support/histories.ts';
import { imaginedOrders, type ImaginedOrder, type ImaginedOrders, type Imagining } from './support/imagined-orders.ts';

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrders();
});
afterAll(() => imagined.close());

/** Sends an update as anybody at the plain CLI could; what its validator says. */
async function refusalOf(order: ImaginedOrder, name: string, message?: unknown): Promise<string> {
  try {
    return JSON.stringify(await order.handle.executeUpdate<unknown, [unknown]>(name, { args: [message] }));
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
    expect(error.cause.type).toBe('illegal-transition');
    return error.cause.message;
  }
}

const SAID: Record<string, unknown> = {
  present: { echeck: 'head.body.signature' },
  accept: {},
  refuse: { reason: 'no stock' },
  indicatePayment: {},
  schedule: { deliverAt: '2030-01-01T10:00:00Z' },
  cancel: { reason: 'changed my mind' },
  intervene: { action: 'retry', reason: 'fixed' },
};

interface Situation {
  readonly stage: string;
  readonly imagining: Imagining;
  /** What may be said now; everything else is refused. */
  readonly allowed: readonly string[];
}

const SITUATIONS: Situation[] = [
  { stage: 'check_issued', imagining: { input: { presentation: 'manual' } }, allowed: ['present', 'cancel'] },
  { stage: 'presented', imagining: { manual: ['seller'] }, allowed: ['accept', 'refuse', 'cancel'] },
  { stage: 'accepted', imagining: { input: { payment: 'manual' } }, allowed: ['indicatePayment', 'cancel'] },
  { stage: 'scheduled', imagining: {}, allowed: ['indicatePayment', 'schedule', 'cancel'] },
];

/** Beside what is said to it, an order may still be writing its notes. */
const withoutTasks = ({ events }: OrderHistory) => events.filter((event) => !/^(WORKFLOW|ACTIVITY)_TASK/.test(event));

describe.each(SITUATIONS)('an order in $stage', ({ stage, imagining, allowed }) => {
  let order: ImaginedOrder;
  beforeAll(async () => {
    order = await imagined.order(imagining);
    await order.until((state) => state.stage === stage && state.waitingOn !== null);
  });
  afterAll(() => order.handle.terminate());

  const tooEarlyOrLate = Object.keys(SAID).filter((name) => !allowed.includes(name));
  test.each(tooEarlyOrLate)('refuses %s without a trace', async (name) => {
    const before = await historyOf(imagined.client, order.id);
    expect(await refusalOf(order, name, SAID[name])).toMatch(new RegExp(`in ${stage}|within the next year`));
    const after = await historyOf(imagined.client, order.id);
    expect(after.events).not.toContain('WORKFLOW_EXECUTION_UPDATE_REJECTED');
    expect(withoutTasks(after)).toEqual(withoutTasks(before));
  });

  const NONSENSE: unknown[] = [undefined, null, 'text', 7, [], { reason: 7 }, { reason: 'NUL \u0000' }];
  test.each(allowed.filter((name) => name !== 'accept' && name !== 'indicatePayment'))(
    'refuses a malformed %s',
    async (name) => {
      const endless = { ...(SAID[name] as object), actor: 'x'.repeat(501) };
      for (const nonsense of [...NONSENSE, endless]) {
        expect(await refusalOf(order, name, nonsense)).toMatch(/must be/);
      }
      expect(await order.state()).toMatchObject({ stage });
    },
  );
});

test('an indicated payment that is indicated again gets the same answer and is one step', async () => {
  const order = await imagined.order({ input: { payment: 'manual' }, manual: ['distributor'] });
  await order.until(({ stage, waitingOn }) => stage === 'accepted' && waitingOn !== null);
  const said = await Promise.all([1, 2, 3].map(() => order.handle.executeUpdate('indicatePayment', { args: [{}] })));
  expect(said).toEqual(said.map(() => ({ ok: true, stage: 'accepted' })));
  expect(order.taken.filter((step) => step === 'indicatePayment')).toHaveLength(1);
  await order.handle.terminate();
});

test('a seller that refuses ends the order as rejected', async () => {
  const order = await imagined.order({ manual: ['seller'] });
  await order.until(({ stage, waitingOn }) => stage === 'presented' && waitingOn !== null);
  const refused = await order.handle.executeUpdate('refuse', { args: [{ reason: 'no stock' }] });
  expect(refused).toEqual({ ok: true, stage: 'rejected' });
  expect(await order.end()).toMatchObject({
    stage: 'rejected',
    refusal: { code: 'refused-by-seller', detail: 'no stock' },
  });
});

test('a seller that accepts and refuses at once has decided once', async () => {
  const order = await imagined.order({ manual: ['seller'] });
  await order.until(({ stage, waitingOn }) => stage === 'presented' && waitingOn !== null);
  const answers = await Promise.all([refusalOf(order, 'refuse', SAID['refuse']), refusalOf(order, 'accept', {})]);
  expect(answers.filter((answer) => answer.startsWith('{"ok":true'))).toHaveLength(1);
  const { stage } = await order.until((state) => state.stage === 'rejected' || state.stage === 'scheduled');
  expect(stage).toBe(answers[0].startsWith('{"ok":true') ? 'rejected' : 'scheduled');
});

test.each([
  ['in the past', '2001-01-01T10:00:00Z'],
  ['after the next year', '2099-01-01T10:00:00Z'],
  ['not a time', 'tomorrow'],
  ['a time that PostgreSQL does not read', '+012345-01-01T00:00:00Z'],
])('a delivery date that is %s is refused', async (_what, deliverAt) => {
  const order = await imagined.order({ manual: ['distributor'] });
  await order.until(({ waitingOn }) => waitingOn === 'distributor-swift');
  expect(await refusalOf(order, 'schedule', { deliverAt })).toMatch(/deliverAt must be/);
  await order.handle.terminate();
});
