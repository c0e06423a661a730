import type { Client } from 'pg';
import type { PaymentDemand } from '../../activities/settlement.ts';
import type { Answer } from '../api/support.ts';
import { finalOrder, needsSomebody, orderWhen } from '../support/service.ts';
import { account, claimService, expectRed, report, type ClaimService } from './support.ts';

/* Claims 5, 7 and 23 (5 as a method 17): the seller demands, the check office pays, and hears of the completion. */

let service: ClaimService;
beforeAll(async () => {
  service = await claimService();
});
afterAll(() => service.close());

async function typesOf(id: string): Promise<string[]> {
  return (await service.timeline(id)).map(({ type }) => type);
}

async function paidOnTheStrengthOfTheCheck(): Promise<void> {
  const { body } = await service.order({ settleOn: 'notice' });
  const order = await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  // Before delivery, as the claim has it literally.
  expect(order.payment).toEqual({ status: 'settled', amount: { amount: 645, currency: 'EUR' } });
  const types = await typesOf(body.id);
  expect(types.indexOf('distribution_promised')).toBeLessThan(types.indexOf('payment_demanded'));
  expect(types.indexOf('payment_demanded')).toBeLessThan(types.indexOf('payment_settled'));
  const { body: trace } = await service.ask('GET', `/v1/orders/${body.id}/money`, { as: 'operator-olga' });
  const capture = trace.entries.filter(({ kind }: { kind: string }) => kind === 'capture');
  expect(capture).toMatchObject([
    { accountId: 'buyer-ada', checkNumber: body.echeck.number, amount: { amount: -645 }, held: { amount: -645 } },
    { accountId: 'seller-mill', checkNumber: body.echeck.number, amount: { amount: 645 }, held: { amount: 0 } },
  ]);
  expect(trace.proof).toMatchObject({ netsToZero: true, held: { amount: 0 } });
}

/** How the office settles a demand in this test; a knock-out puts another way in its place. */
let settle: ((demand: PaymentDemand) => ReturnType<ClaimService['steps']['settlePayment']>) | undefined;

async function repeatedDemandMovesNothing(): Promise<void> {
  const before = await account(service, 'seller-mill');
  const demandedTwice: ClaimService['steps']['settlePayment'] = async (demand) => {
    await (settle ?? service.steps.settlePayment)(demand);
    return (settle ?? service.steps.settlePayment)(demand);
  };
  await service.changing({ settlePayment: demandedTwice }, async () => {
    const { body } = await service.order();
    await report(service, body.id, 'e1');
    expect(await finalOrder(service, body.id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
  });
  const after = await account(service, 'seller-mill');
  expect(after.balance.amount - before.balance.amount).toBe(645);
}

test(
  'claim 5: works: after the notice the office pays buyer to seller on the strength of the check',
  paidOnTheStrengthOfTheCheck,
);
test('claim 5: refuses: a repeated demand moves nothing more', repeatedDemandMovesNothing);
test('claim 5: knock-out: the office pays as often as it is asked', async () => {
  settle = async (demand) => {
    // Before the order is completed, so that whoever sees it completed sees this as well.
    await payAgain(service.owner, demand);
    return service.steps.settlePayment(demand);
  };
  await expectRed(repeatedDemandMovesNothing);
  settle = undefined;
});

/** A payment without the ledger: no key, no hold, no entry. Only the owner can do it, with the triggers put aside. */
async function payAgain(owner: Client, { buyerId, sellerId, charge }: PaymentDemand): Promise<void> {
  await owner.query('set session_replication_role = replica');
  await owner.query('update accounts set balance = balance - $2 where id = $1', [buyerId, charge.amount]);
  await owner.query('update accounts set balance = balance + $2 where id = $1', [sellerId, charge.amount]);
  await owner.query('set session_replication_role = origin');
}

async function demandCarriesCheckAndSeller(): Promise<void> {
  const { body } = await service.order();
  await report(service, body.id, 'e1');
  await finalOrder(service, body.id);
  const demand = (await service.timeline(body.id)).find(({ type }) => type === 'payment_demanded');
  expect(demand).toMatchObject({
    actor: 'seller-mill',
    recipient: 'check-office',
    body: {
      echeck: { number: body.echeck.number, jws: body.echeck.jws },
      seller: { id: 'seller-mill' },
      charge: { amount: 645, currency: 'EUR' },
    },
  });
}

async function foreignDemandsAreRefused(): Promise<void> {
  for (const wrong of [{ sellerId: 'seller-forge' }, { echeck: { number: OTHER_CHECK, jws: 'a.b.c' } }]) {
    const demanded: ClaimService['steps']['settlePayment'] = (demand) =>
      (settle ?? service.steps.settlePayment)({ ...demand, ...wrong });
    const id = await service.changing({ settlePayment: demanded }, async () => {
      const { body } = await service.order();
      await report(service, body.id, 'e1');
      const order = await orderWhen(service, body.id, (seen) => seen.stage === 'completed' || needsSomebody(seen));
      expect(order).toMatchObject({
        stage: 'delivered',
        attention: { step: 'settlePayment', reason: 'DemandRefused' },
        payment: { status: 'held' },
      });
      return body.id;
    });
    const posted = await service.owner.query(`select 1 from transfers where order_id = $1 and kind = 'capture'`, [id]);
    expect(posted.rowCount).toBe(0);
    await retry(id);
    expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
  }
}

const OTHER_CHECK = `check-${'a'.repeat(26)}`;

async function retry(id: string): Promise<void> {
  const body = { action: 'retry', reason: 'the demand was put right' };
  const answer = await service.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body });
  expect(answer.status).toBe(200);
}

test('claim 7: works: the stored demand carries the check and the seller', demandCarriesCheckAndSeller);
test("claim 7: refuses: another seller's demand, and one on another check", foreignDemandsAreRefused);
test('claim 7: knock-out: the office does not compare the demand with the check', async () => {
  settle = async (demand) => {
    const { rows } = await service.owner.query<{ number: string; jws: string; seller_id: string }>(
      'select number, jws, seller_id from echecks where order_id = $1',
      [demand.orderId],
    );
    const [check] = rows;
    if (!check) throw new Error('no check');
    const { number, jws, seller_id: sellerId } = check;
    return service.steps.settlePayment({ ...demand, sellerId, echeck: { number, jws } });
  };
  await expectRed(foreignDemandsAreRefused);
  settle = undefined;
});

/** How the office is told of a completion; a knock-out puts another way in its place. */
let notifyOffice: ClaimService['steps']['notifyOfficeOfCompletion'] | undefined;

const releasedOrNot = ({ stage, attention }: Answer['body']) =>
  stage === 'completed' || attention?.reason === 'CompletionMissing';

async function officeHearsAfterACrash(): Promise<void> {
  let failures = 2;
  const lateOffice: ClaimService['steps']['notifyOfficeOfCompletion'] = async (completion) => {
    failures -= 1;
    if (failures >= 0) throw new Error('only the seller has heard of it');
    return (notifyOffice ?? service.steps.notifyOfficeOfCompletion)(completion);
  };
  const id = await service.changing({ notifyOfficeOfCompletion: lateOffice }, async () => {
    const { body } = await service.order();
    await report(service, body.id, 'e1');
    const order = await orderWhen(service, body.id, releasedOrNot);
    expect(order).toMatchObject({ echeck: { status: 'final' }, payment: { status: 'settled' } });
    return body.id;
  });
  const events = await service.timeline(id);
  const told = events.filter(({ type }) => type === 'completion_notified_office');
  expect(told).toMatchObject([{ actor: 'distributor-swift', recipient: 'check-office', body: { eventId: 'e1' } }]);
  const types = events.map(({ type }) => type);
  expect(types.filter((type) => type === 'completion_notified_seller')).toHaveLength(1);
  expect(types.indexOf('completion_notified_office')).toBeLessThan(types.indexOf('payment_settled'));
  expect(types.indexOf('payment_settled')).toBeLessThan(types.indexOf('check_finalised'));
}

async function noCompletionNoRelease(): Promise<void> {
  const { body } = await service.order();
  await report(service, body.id, 'e1', 'in_transit');
  const order = await orderWhen(service, body.id, ({ stage }) => stage === 'in_distribution');
  expect(order).toMatchObject({ echeck: { status: 'accepted' }, payment: { status: 'held' } });
  expect(await typesOf(body.id)).not.toContain('payment_settled');
}

/** The seller has the completion, and the office has no record of it. */
async function noRecordNoRelease(): Promise<void> {
  const notNotified: ClaimService['steps']['notifyOfficeOfCompletion'] = async () => undefined;
  const id = await service.changing({ notifyOfficeOfCompletion: notNotified }, async () => {
    const { body } = await service.order();
    await report(service, body.id, 'e1');
    const order = await orderWhen(service, body.id, releasedOrNot);
    expect(order).toMatchObject({ stage: 'delivered', echeck: { status: 'accepted' }, payment: { status: 'held' } });
    return body.id;
  });
  // It is told again before the next demand.
  await retry(id);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
}

test(
  'claim 23: works: the check office hears of the completion once, also after a crash, and releases the payment',
  officeHearsAfterACrash,
);
test('claim 23: refuses: without completion nothing is released', noCompletionNoRelease);
test("claim 23: refuses: without the office's own record nothing is released", noRecordNoRelease);
test('claim 23: knock-out: the database pays without the record', async () => {
  const { rows } = await service.owner.query<{ code: string }>(
    "select pg_get_functiondef('ledger_capture(transfers)'::regprocedure) as code",
  );
  const code = rows[0]?.code ?? '';
  const without = code.replace("settled_on is distinct from 'notice' and", 'false and');
  expect(without).not.toBe(code);
  await service.owner.query(without);
  await expectRed(noRecordNoRelease);
  await service.owner.query(code);
});
test('claim 23: knock-out: the completion does not reach the check office', async () => {
  notifyOffice = async () => undefined;
  await expectRed(officeHearsAfterACrash);
  notifyOffice = undefined;
});
