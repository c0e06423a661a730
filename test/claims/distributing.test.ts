import { noteEvents } from '../../office/orders/step-record.ts';
import { DateTime } from 'luxon';
import type { DistributorTerms } from '../../domain/dispatch.ts';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import { finalOrder, needsSomebody, orderFor, orderWhen } from '../support/service.ts';
import { claimService, expectRed, putDistributor, report, sellerDecides, type ClaimService } from './support.ts';
import { workerWithout } from './workflow-knock-out.ts';
import { until } from '../support/until.ts';

/* Claims 9, 11 and 12 (as a method 19, 21 and 22): the instruction, the date and time, and the completion. */

let service: ClaimService;
beforeAll(async () => {
  service = await claimService();
});
afterAll(() => service.close());

async function eventsOf(id: string, type: string) {
  return (await service.timeline(id)).filter((event) => event.type === type);
}

async function instructedExactlyOnce(): Promise<void> {
  const { steps } = service;
  let lost = 0;
  // The step has its effect, and its answer never arrives: what a worker leaves that is killed between sending and noting.
  const answerLost: typeof steps.scheduleDispatch = async (input) => {
    const scheduled = await (changed ?? steps.scheduleDispatch)(input);
    lost += 1;
    if (lost <= 2) throw new Error('the answer was lost');
    return scheduled;
  };
  const { body } = await service.changing({ scheduleDispatch: answerLost }, async () => {
    const posted = await service.order();
    await orderWhen(service, posted.body.id, ({ stage }) => stage === 'scheduled' && lost >= 3);
    return posted;
  });
  // A loaded machine loses answers of its own.
  expect(lost).toBeGreaterThanOrEqual(3);
  expect(await eventsOf(body.id, 'distribution_instructed')).toMatchObject([
    { actor: 'seller-mill', recipient: 'distributor-swift', body: { lines: orderFor().lines } },
  ]);
}

/** Stands in for the real step inside `instructedExactlyOnce`. */
let changed: ClaimService['steps']['scheduleDispatch'] | undefined;

async function noInstructionWithoutAcceptance(): Promise<void> {
  await sellerDecides(service, 'manual');
  try {
    const { body } = await service.order();
    await orderWhen(service, body.id, ({ stage }) => stage === 'presented');
    const refused = await service.ask('POST', `/v1/orders/${body.id}/refusal`, {
      as: 'seller-mill',
      body: { reason: 'sold out' },
    });
    expect(refused.status).toBe(200);
    expect(await finalOrder(service, body.id)).toMatchObject({ stage: 'rejected', payment: { status: 'voided' } });
    expect(await eventsOf(body.id, 'distribution_instructed')).toEqual([]);
  } finally {
    await sellerDecides(service, 'auto');
  }
}

test(
  'claim 9: works: the instruction reaches the distributor exactly once, also when the answer is lost',
  instructedExactlyOnce,
);
test('claim 9: refuses: no instruction without acceptance', noInstructionWithoutAcceptance);
test('claim 9: knock-out: the instruction has no key of its order', async () => {
  let sent = 0;
  const { steps } = service;
  changed = async (input) => {
    const scheduled = await steps.scheduleDispatch(input);
    const { orderId, sellerId, distributorId, lines } = input.instruction;
    sent += 1;
    const instruction = { type: 'distribution_instructed', actor: sellerId, recipient: distributorId } as const;
    const key = `distribution_instructed:${sent}`;
    await noteEvents(service.deps.orm.em.fork(), orderId, [{ ...instruction, key, body: { lines } }]);
    return scheduled;
  };
  await expectRed(instructedExactlyOnce);
  changed = undefined;
});

async function slotOf(change: Record<string, unknown> = {}): Promise<string> {
  const { body } = await service.order(change);
  const order = await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  const [instructed] = await eventsOf(body.id, 'distribution_instructed');
  expect(instructed?.body).toMatchObject({ lines: change.lines ?? orderFor().lines });
  expect(await service.deps.sealer.open(instructed?.body.deliverToSealed)).toMatchObject(
    (change.deliverTo ?? orderFor().deliverTo) as object,
  );
  const [scheduled] = await eventsOf(body.id, 'dispatch_scheduled');
  // The distributor tells its own people to deliver.
  expect(scheduled).toMatchObject({ actor: 'distributor-swift', recipient: 'distributor-swift:dispatch' });
  expect(scheduled?.body.deliverAt).toBe(order.distribution.deliverAt);
  return order.distribution.deliverAt;
}

async function dateAndTimeFollow(): Promise<void> {
  const base = await slotOf();
  expect(new Date(base).getTime()).toBeGreaterThan(Date.now());
  expect(withinService(new Date(base), DEMO_DISTRIBUTOR.terms)).toBe(true);
  const elsewhere = { name: 'Ada', street: 'Nebenstr. 2', city: 'Berlin', postalCode: '10117', country: 'DE' };
  expect(await slotOf({ deliverTo: elsewhere })).not.toBe(base);
  expect(await slotOf({ lines: [{ sku: 'bran-5kg', quantity: 1 }] })).not.toBe(base);
}

const AUCKLAND = { name: 'Ada', street: '1 Queen Street', city: 'Auckland', postalCode: '1010', country: 'NZ' };
const { terms: TERMS } = DEMO_DISTRIBUTOR;

async function impossibleIsRefusedBeforeMoney(): Promise<void> {
  const before = await service.ask('GET', '/v1/account');
  const { status, body } = await service.order({ deliverTo: AUCKLAND, settleOn: 'notice' });
  expect({ status, body }).toMatchObject({
    status: 422,
    body: { type: '/problems/not-deliverable', reason: 'out_of_area', orderId: expect.any(String) },
  });
  expect(await orderWhen(service, body.orderId, ({ stage }) => stage !== 'requested')).toMatchObject({
    stage: 'rejected',
    refusal: { code: 'not-deliverable', reason: 'out_of_area' },
    echeck: null,
    payment: { status: 'none' },
  });
  expect((await service.ask('GET', '/v1/account')).body).toEqual(before.body);
}

async function impossibleLaterNeedsAttention(): Promise<void> {
  const { body } = await service.order({ payment: 'manual' });
  await orderWhen(service, body.id, ({ stage }) => stage === 'accepted');
  await putDistributor(service, { terms: { ...TERMS, countries: ['FR'] } });
  try {
    await service.ask('POST', `/v1/orders/${body.id}/payment-indication`, { body: {} });
    const order = await orderWhen(service, body.id, (seen) => seen.stage === 'scheduled' || needsSomebody(seen));
    expect(order).toMatchObject({
      stage: 'accepted',
      attention: { step: 'scheduleDispatch', reason: 'out_of_area', waitingOn: 'distributor-swift' },
      distribution: null,
    });
    await service.ask('POST', `/v1/orders/${body.id}/cancellation`, { body: { reason: 'nobody delivers there' } });
  } finally {
    await putDistributor(service, { terms: TERMS });
  }
}

test('claim 11: works: date and time follow from commodities and address', dateAndTimeFollow);
test('claim 11: refuses: what its terms do not allow, before any money is held', impossibleIsRefusedBeforeMoney);
test(
  'claim 11: refuses: what its terms no longer allow is shown to people, never settled by a default',
  impossibleLaterNeedsAttention,
);
test('claim 11: knock-out: the terms are not asked before the check is issued', async () => {
  const { steps } = service;
  const anywhere: typeof steps.verifyDistributorRegistration = async () => ({
    kind: 'good',
    agent: 'auto',
    version: 1,
  });
  const unweighed: typeof steps.issueCheck = ({ lines, ...demand }) =>
    steps.issueCheck({ ...demand, lines: lines.map((line) => ({ ...line, weightGrams: undefined })) });
  await service.changing({ verifyDistributorRegistration: anywhere, issueCheck: unweighed }, () =>
    expectRed(impossibleIsRefusedBeforeMoney),
  );
});
test('claim 11: knock-out: what is impossible gets a default date', async () => {
  const { steps } = service;
  const someDay: typeof steps.scheduleDispatch = async ({ instruction }) => {
    const planned = await steps.scheduleDispatch({ instruction });
    if (planned.kind !== 'impossible') return planned;
    await service.owner.query("update orders set stage = 'scheduled' where id = $1", [instruction.orderId]);
    return { kind: 'scheduled', deliverAt: '2030-01-01T09:00:00.000Z' };
  };
  await service.changing({ scheduleDispatch: someDay }, () => expectRed(impossibleLaterNeedsAttention));
});

async function completionReachesTheSeller(): Promise<void> {
  const { body } = await service.order();
  await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  await report(service, body.id, 'scan-1', 'picked_up');
  await report(service, body.id, 'scan-2');
  expect(await finalOrder(service, body.id)).toMatchObject({
    stage: 'completed',
    distribution: { status: 'delivered' },
  });
  expect(await eventsOf(body.id, 'completion_notified_seller')).toMatchObject([
    {
      actor: 'distributor-swift',
      recipient: 'seller-mill',
      body: { eventId: 'scan-2', acknowledgedBy: 'seller-mill' },
    },
  ]);
}

async function onTheWayIsNotComplete(): Promise<void> {
  const { body } = await service.order();
  await report(service, body.id, 'scan-1', 'in_transit');
  await report(service, body.id, 'scan-2', 'failed_attempt');
  const order = await orderWhen(service, body.id, ({ distribution }) =>
    ['failed_attempt', 'delivered'].includes(distribution?.status),
  );
  expect(order).toMatchObject({ stage: 'in_distribution', payment: { status: 'held' } });
  expect(await eventsOf(body.id, 'completion_notified_seller')).toEqual([]);
}

/** Reports that come before the distributor has fixed a date. */
async function earlyRepeatedAndShuffledChangeNothing(): Promise<void> {
  await putDistributor(service, { agent: 'manual' });
  const { body } = await service.order();
  const at = `/v1/orders/${body.id}`;
  const seen = () => service.ask('GET', at, { as: 'distributor-swift' });
  await until(seen, ({ status }) => status === 200);
  await putDistributor(service, { agent: 'auto' });
  for (const [eventId, kind] of SHUFFLED) await report(service, body.id, eventId, kind);
  const schedule = (deliverAt: string) =>
    service.ask('POST', `${at}/schedule`, { as: 'distributor-swift', body: { deliverAt } });
  const tooSoon = await schedule(new Date(Date.now() + 1_000).toISOString());
  await until(
    () => schedule(tooSoon.body.nextPossible),
    ({ status }) => status === 200,
  );
  expect(await finalOrder(service, body.id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
  expect(await eventsOf(body.id, 'completion_notified_seller')).toHaveLength(1);
}

const SHUFFLED = [
  ['e3', 'delivered'],
  ['e1', 'picked_up'],
  ['e3', 'delivered'],
  ['e2', 'in_transit'],
  ['e1', 'picked_up'],
] as const;

test('claim 12: works: the completion reaches the seller, who acknowledges it', completionReachesTheSeller);
test('claim 12: refuses: on the way, and a failed attempt, are not complete', onTheWayIsNotComplete);
test('claim 12: refuses: early, repeated and shuffled reports change nothing', earlyRepeatedAndShuffledChangeNothing);
test('claim 12: knock-out: every report counts as the completion', async () => {
  const guard = /\{\n\s+eventId,\s+kind,\s+occurredAt/;
  const everyKind = "{ eventId, kind: 'delivered', occurredAt";
  await workerWithout(service, guard, everyKind, () => expectRed(onTheWayIsNotComplete));
});

/** True when `deliverAt` is a slot that the distributor's own rules allow. */
function withinService(deliverAt: Date, terms: DistributorTerms): boolean {
  const local = DateTime.fromJSDate(deliverAt, { zone: terms.timeZone });
  return (
    terms.weekdays.includes(local.weekday) && local.hour >= terms.window.fromHour && local.hour < terms.window.toHour
  );
}
