import type { FormerlyCarried } from '../../workflows/runtime/carried-state.ts';
import { imaginedOrders, type ImaginedOrders, type Imagining } from './support/imagined-orders.ts';

/* A long history continues as new: the next run is started with all that the one before it knew. */

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrders();
});
afterAll(() => imagined.close());

const DELIVERED = { eventId: 'e1', deliveredAt: new Date().toISOString() };

/** What a run of before 29 November 2026 carried from an order that has its check and waits in this stage. */
async function carriedFrom(
  stage: FormerlyCarried['stage'],
  change: Partial<FormerlyCarried>,
): Promise<FormerlyCarried> {
  const order = await imagined.order({ input: { presentation: 'manual' } });
  await order.until((state) => state.waitingOn === 'buyer-ada');
  const issued = await issuedTo(order.given.issueCheck);
  await order.handle.terminate();
  return {
    stage,
    paid: false,
    issued,
    agents: { presentation: 'manual', payment: 'manual', seller: 'auto', distributor: 'auto' },
    ignored: 0,
    retries: 0,
    overdue: false,
    givenBack: false,
    noteCount: 0,
    reached: ['requested', 'check_issued', stage],
    reports: [],
    attention: [],
    errors: [],
    deadlines: [],
    ...change,
  };
}

async function issuedTo(demand: unknown): Promise<FormerlyCarried['issued']> {
  const { goodSteps } = await import('./support/imagined-steps.ts');
  const input = demand as Parameters<ReturnType<typeof goodSteps>['issueCheck']>[0];
  const issued = await goodSteps(input, await imagined.nowMs()).issueCheck(input);
  if (issued.kind !== 'issued' || !issued.order.echeck || !issued.order.charge) throw new Error('always issued');
  return { ...issued.order, echeck: issued.order.echeck, charge: issued.order.charge };
}

const carrying = (carried: FormerlyCarried): Imagining => ({ input: { carried } });

test.each(['desk', 'inbox'] as const)(
  'an order whose earlier run carried an indicated payment in its %s does not wait for it again',
  async (name) => {
    const carried = await carriedFrom('accepted', {
      reached: ['requested', 'check_issued', 'presented', 'accepted'],
      [name]: { paymentNoted: true },
    });
    const order = await imagined.order(carrying(carried));
    await order.until(({ stage }) => stage === 'scheduled');
    expect(order.taken).toEqual(['scheduleDispatch']);
    await order.handle.signal('deliveryConfirmed', DELIVERED);
    expect(await order.end()).toMatchObject({ stage: 'completed' });
  },
);

test('a presentation that an earlier run had not taken up is validated as it was sent', async () => {
  const carried = await carriedFrom('check_issued', {
    desk: { presentation: { echeck: 'head.body.signature', actor: 'buyer-ada' }, payment: { actor: 'buyer-ada' } },
  });
  const order = await imagined.order(carrying(carried));
  await order.until(({ stage }) => stage === 'scheduled');
  expect(order.given.validateCheck).toMatchObject({
    echeck: 'head.body.signature',
    presentedBy: 'buyer-ada',
    deliverToSealed: 'a..b.c.d',
  });
  expect(order.taken).toContain('indicatePayment');
});

test('a date that is awaited from a distributor can be sent in the next run', async () => {
  const carried = await carriedFrom('accepted', {
    agents: { presentation: 'auto', payment: 'auto', seller: 'auto', distributor: 'manual' },
    reached: ['requested', 'check_issued', 'presented', 'accepted'],
    inbox: { paymentNoted: true, scheduleWanted: true },
  });
  const order = await imagined.order(carrying(carried));
  await order.until(({ waitingOn }) => waitingOn === 'distributor-swift');
  const deliverAt = new Date((await imagined.nowMs()) + 86_400_000).toISOString();
  const answer = await order.handle.executeUpdate<unknown, [unknown]>('schedule', { args: [{ deliverAt }] });
  expect(answer).toEqual({ ok: true, stage: 'scheduled' });
});

test('what a server has signed for in an earlier run is not sent again, and what waited goes on with its attention', async () => {
  const formerly = await carriedFrom('accepted', {
    agents: { presentation: 'auto', payment: 'auto', seller: 'site', distributor: 'site' },
    reached: ['requested', 'check_issued', 'presented', 'accepted'],
    attention: [
      {
        step: 'instructDistributor',
        reason: 'SiteUnreachable',
        since: '2026-11-28T10:00:00.000Z',
        waitingOn: 'distributor-swift',
      },
    ],
  });
  const carried = {
    ...formerly,
    paymentIndicated: true,
    awaitsSchedule: true,
    paymentDemand: 'own' as const,
    inbox: {},
    receipts: [
      ['presentToSeller', { kind: 'promised' }],
      ['notifySellerOfPaymentIndication', { kind: 'received' }],
    ] as const,
  };
  const order = await imagined.order({ sites: ['seller', 'distributor'], input: { carried } });
  expect(await order.until(({ stage }) => stage === 'scheduled')).toMatchObject({ attention: null });
  expect(order.receipted).toEqual(['instructDistributor']);
});
