import { failing, fault } from './support/failing-servers.ts';
import { imaginedOrders, type ImaginedOrder, type ImaginedOrders, type Imagining } from './support/imagined-orders.ts';
import { until } from '../support/until.ts';

/* Orders whose parties have servers of their own, where the time in which a workflow only waits is skipped. */

let orders: ImaginedOrders;
beforeAll(async () => {
  orders = await imaginedOrders();
});
afterAll(() => orders.close());

const BOTH: Imagining = { sites: ['seller', 'distributor'] };
const DAY_MS = 86_400_000;

const say = (order: ImaginedOrder, update: string, message: unknown = {}) =>
  order.handle.executeUpdate<unknown, [unknown]>(update, { args: [message] });
const deliver = (order: ImaginedOrder) =>
  order.handle.signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
const report = (order: ImaginedOrder, kind: string, eventId = kind) =>
  order.handle.signal('distributionEvent', { eventId, kind, occurredAt: new Date().toISOString() });
const demand = (order: ImaginedOrder) =>
  say(order, 'demandPayment', { echeck: 'head.body.signature', actor: 'seller-mill' });
const inStage = (order: ImaginedOrder, stage: string) => order.until((state) => state.stage === stage);
const waitingFor = (order: ImaginedOrder, reason: string) =>
  order.until(({ attention }) => attention?.reason === reason);

describe('both parties have servers of their own', () => {
  test('paid after the delivery: every transmission once, in the order of the claims', async () => {
    const order = await orders.order(BOTH);
    await inStage(order, 'scheduled');
    await deliver(order);
    await inStage(order, 'delivered');
    // A demand is heard, too, while the seller has not signed for the completion yet.
    await until(() => order.taken.includes('recordAcknowledgement'));
    await demand(order);
    expect(await order.end()).toMatchObject({ stage: 'completed' });
    expect(order.receipted).toEqual([
      'presentToSeller',
      'notifySellerOfPaymentIndication',
      'instructDistributor',
      'notifySellerOfCompletion',
      'notifySellerOfPayment',
    ]);
    expect(order.taken.filter((step) => step.includes('Completion') || step.startsWith('settle'))).toEqual([
      'recordCompletion',
      'settlePayment',
    ]);
    expect(order.taken.slice(-2)).toEqual(['settlePayment', 'finaliseCheck']);
  });

  test('paid at the notice: on its demand, and its server is notified then', async () => {
    const order = await orders.order({ ...BOTH, input: { settleOn: 'notice' } });
    await inStage(order, 'scheduled');
    await demand(order);
    await order.until(({ waitingOn }) => waitingOn === 'distributor-swift');
    expect(order.receipted).toContain('notifySellerOfPayment');
    await deliver(order);
    expect(await order.end()).toMatchObject({ stage: 'completed' });
    expect(order.receipted.filter((name) => name === 'notifySellerOfPayment')).toHaveLength(1);
  });
});

describe("a seller's server", () => {
  test('that refuses ends the order as a refusal by hand does, and its server is notified of the end', async () => {
    const order = await orders.order({
      ...BOTH,
      servers: () => ({ presentToSeller: async () => ({ kind: 'refused', reason: 'no stock' }) }),
    });
    expect(await order.end()).toMatchObject({
      stage: 'rejected',
      refusal: { code: 'refused-by-seller', detail: 'no stock' },
    });
    expect(order.receipted).toEqual(['presentToSeller', 'notifySellerOfEnding']);
  });

  test('that decides later leaves it to the API', async () => {
    const order = await orders.order({
      ...BOTH,
      servers: () => ({ presentToSeller: async () => ({ kind: 'later' }) }),
    });
    await order.until(({ waitingOn, stage }) => stage === 'presented' && waitingOn === 'seller-mill');
    await say(order, 'accept');
    await inStage(order, 'scheduled');
  });

  test('that is away for a day holds up its order, which says so and goes on when it is back', async () => {
    const backAt = (await orders.nowMs()) + DAY_MS;
    const order = await orders.order({
      ...BOTH,
      servers: ({ presentToSeller }) => ({
        presentToSeller: async (input) =>
          (await orders.nowMs()) < backAt ? fault('SiteUnreachable') : presentToSeller(input),
      }),
    });
    const { attention } = await waitingFor(order, 'SiteUnreachable');
    expect(attention).toMatchObject({ step: 'presentToSeller', waitingOn: 'seller-mill' });
    await orders.sleep('25 hours');
    await inStage(order, 'scheduled');
    expect((await order.state()).attention).toBeNull();
  });

  test('that is away until the check has run out: the order expires', async () => {
    const expiresAt = new Date((await orders.nowMs()) + 10 * 60_000).toISOString();
    const order = await orders.order({
      ...BOTH,
      servers: () => failing('presentToSeller', 'SiteUnreachable'),
      steps: ({ issueCheck }) => ({
        issueCheck: async (asked) => {
          const issued = await issueCheck(asked);
          if (issued.kind !== 'issued' || !issued.order.echeck) throw new Error('it is issued');
          return { ...issued, order: { ...issued.order, echeck: { ...issued.order.echeck, expiresAt } } };
        },
      }),
    });
    expect(await order.end()).toMatchObject({ stage: 'expired' });
  });

  test('that is away may be spoken for through the API', async () => {
    const order = await orders.order({ ...BOTH, servers: () => failing('presentToSeller', 'SiteUnreachable') });
    await waitingFor(order, 'SiteUnreachable');
    await say(order, 'accept');
    await inStage(order, 'scheduled');
  });

  test('that is wrong in one way, then in another: the order says what is wrong now', async () => {
    let wrong: Parameters<typeof fault>[0] = 'SiteUnreachable';
    const order = await orders.order({ ...BOTH, servers: () => ({ presentToSeller: () => fault(wrong) }) });
    await waitingFor(order, 'SiteUnreachable');
    wrong = 'BadReceipt';
    await orders.sleep('2 minutes');
    await waitingFor(order, 'BadReceipt');
    wrong = 'NotValidated';
    await orders.sleep('2 minutes');
    await waitingFor(order, 'NotValidated');
    await say(order, 'cancel', { reason: 'enough' });
    expect(await order.end()).toMatchObject({ stage: 'cancelled' });
  });
});

describe("a distributor's server", () => {
  test('that refuses needs an operator, or a date through the API', async () => {
    const order = await orders.order({
      ...BOTH,
      servers: () => ({ instructDistributor: async () => ({ kind: 'refused', reason: 'no vans' }) }),
    });
    const { attention } = await waitingFor(order, 'DistributorRefused');
    expect(attention).toMatchObject({ step: 'instructDistributor', waitingOn: 'operator' });
    await say(order, 'schedule', { deliverAt: new Date((await orders.nowMs()) + DAY_MS).toISOString() });
    expect(await inStage(order, 'scheduled')).toMatchObject({ attention: null });
  });

  test('whose date has become impossible by the time it is taken up: the order says so at once, and takes another', async () => {
    let times = 0;
    const order = await orders.order({
      ...BOTH,
      steps: ({ scheduleDispatch }) => ({
        scheduleDispatch: async (asked) => {
          times += 1;
          return times === 1 ? { kind: 'outside_service', detail: 'it is over' } : scheduleDispatch(asked);
        },
      }),
    });
    const { attention } = await waitingFor(order, 'OutsideService');
    expect(attention).toMatchObject({ step: 'scheduleDispatch', waitingOn: 'distributor-swift' });
    await say(order, 'schedule', { deliverAt: new Date((await orders.nowMs()) + DAY_MS).toISOString() });
    expect(await inStage(order, 'scheduled')).toMatchObject({ attention: null });
  });

  test('is asked again after each failed attempt, and fixes another date', async () => {
    const order = await orders.order(BOTH);
    await inStage(order, 'scheduled');
    for (const [index, eventId] of ['f1', 'f2'].entries()) {
      await report(order, 'failed_attempt', eventId);
      // Two that come together are planned together.
      await until(
        () => order.taken.filter((step) => step === 'rescheduleDispatch').length,
        (plans) => plans === index + 1,
      );
    }
    expect(order.receipted.filter((name) => name === 'scheduleAgain')).toHaveLength(2);
    await deliver(order);
    await inStage(order, 'delivered');
    expect(order.taken.filter((step) => step === 'rescheduleDispatch')).toHaveLength(2);
    expect(order.given.rescheduleDispatch).toMatchObject({ attempt: 2, deliverAt: expect.any(String) });
  });

  test('that is away when an attempt has failed does not keep the delivery from being reported', async () => {
    const order = await orders.order({ ...BOTH, servers: () => failing('scheduleAgain', 'SiteUnreachable') });
    await inStage(order, 'scheduled');
    await report(order, 'failed_attempt');
    await waitingFor(order, 'SiteUnreachable');
    await deliver(order);
    await inStage(order, 'delivered');
    await demand(order);
    expect(await order.end()).toMatchObject({ stage: 'completed' });
  });
});

describe('a delivery that is overdue while its distributor is to plan again, and is away', () => {
  const buyersCancel = { reason: 'too late', actor: 'buyer-ada', role: 'buyer' };

  test('says so, and may be cancelled by its buyer', async () => {
    const deliverAt = new Date((await orders.nowMs()) + DAY_MS / 24).toISOString();
    const order = await orders.order({
      ...BOTH,
      servers: () => ({
        ...failing('scheduleAgain', 'SiteUnreachable'),
        instructDistributor: async () => ({ kind: 'scheduled', deliverAt }),
      }),
    });
    await inStage(order, 'scheduled');
    await report(order, 'failed_attempt');
    await waitingFor(order, 'SiteUnreachable');
    await expect(say(order, 'cancel', buyersCancel)).rejects.toThrow('Workflow Update failed');
    await orders.sleep('26 hours');
    expect(await say(order, 'cancel', buyersCancel)).toMatchObject({ ok: true });
    expect(await order.end()).toMatchObject({ stage: 'cancelled' });
    expect(order.receipted).toContain('withdrawFromDistributor');
    // In a day the server is tried some fifteen hundred times.
  });
});

describe('an early end', () => {
  test('is told to both servers, once the money is back', async () => {
    const order = await orders.order(BOTH);
    await inStage(order, 'scheduled');
    await say(order, 'cancel', { reason: 'changed my mind' });
    expect(await order.end()).toMatchObject({ stage: 'cancelled' });
    expect(order.receipted.slice(-2).toSorted()).toEqual(['notifySellerOfEnding', 'withdrawFromDistributor']);
    expect(order.taken.at(-1)).toBe('closeOrder');
  });

  test('does not wait for a server that hangs: whoever cancels is answered, and the ended order says whom it waits for', async () => {
    const order = await orders.order({
      ...BOTH,
      servers: () => ({
        ...failing('instructDistributor', 'SiteUnreachable'),
        ...failing('withdrawFromDistributor', 'ForgottenError'),
      }),
    });
    await waitingFor(order, 'SiteUnreachable');
    expect(await say(order, 'cancel', { reason: 'enough' })).toMatchObject({ ok: true });
    const { attention, stage } = await order.until(
      ({ attention: now }) => now?.step === 'withdrawFromDistributor' && now.reason.startsWith('Parked:'),
    );
    expect([stage, attention?.reason, attention?.waitingOn]).toEqual([
      'cancelled',
      'Parked:ForgottenError',
      'operator',
    ]);
    const began = await orders.nowMs();
    expect(await order.end()).toMatchObject({ stage: 'cancelled' });
    expect((await orders.nowMs()) - began).toBeGreaterThan(29 * DAY_MS);
  });

  test('before anything was presented is told to nobody', async () => {
    const order = await orders.order({ ...BOTH, input: { presentation: 'manual' } });
    await order.until(({ waitingOn }) => waitingOn === 'buyer-ada');
    await say(order, 'cancel', { reason: 'changed my mind' });
    expect(await order.end()).toMatchObject({ stage: 'cancelled' });
    expect(order.receipted).toEqual([]);
  });
});

describe.each(['auto', 'manual', 'site'] as const)('the seller is %s', (seller) => {
  test.each(['auto', 'manual', 'site'] as const)('and the distributor %s: the order completes', async (distributor) => {
    const agents = { seller, distributor };
    const parties = ['seller', 'distributor'] as const;
    const order = await orders.order({
      manual: parties.filter((party) => agents[party] === 'manual'),
      sites: parties.filter((party) => agents[party] === 'site'),
    });
    if (seller === 'manual') await inStage(order, 'presented').then(() => say(order, 'accept'));
    if (distributor === 'manual') {
      await order.until(({ stage, waitingOn }) => stage === 'accepted' && waitingOn === 'distributor-swift');
      await say(order, 'schedule', { deliverAt: new Date((await orders.nowMs()) + DAY_MS).toISOString() });
    }
    await inStage(order, 'scheduled');
    await deliver(order);
    if (seller === 'site') await inStage(order, 'delivered').then(() => demand(order));
    expect(await order.end()).toMatchObject({ stage: 'completed' });
    const toSeller = ['presentToSeller', 'notifySellerOfPaymentIndication'];
    const toDistributor = ['instructDistributor'];
    const afterwards = ['notifySellerOfCompletion', 'notifySellerOfPayment'];
    expect(order.receipted).toEqual([
      ...(seller === 'site' ? toSeller : []),
      ...(distributor === 'site' ? toDistributor : []),
      ...(seller === 'site' ? afterwards : []),
    ]);
  });
});
