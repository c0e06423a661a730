import { jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import { checkPayload } from '../../office/checks/jws.ts';
import {
  account,
  checksAndHolds,
  claimService,
  expectRed,
  putDistributor,
  putSeller,
  type ClaimService,
  type TimelineEvent,
} from './support.ts';
import { until } from '../support/until.ts';

/* Claims 1, 3, 6 and 10 (as a method 13, 15 and 20): the buyer demands a check, and gets it or not. */

let service: ClaimService;
beforeAll(async () => {
  service = await claimService();
});
afterAll(() => service.close());
afterEach(() => {
  jest.restoreAllMocks();
});

/** An anvil, which buyer-bob cannot pay. */
const ANVIL = { sellerId: 'seller-forge', lines: [{ sku: 'anvil-50kg', quantity: 1 }] };

async function buyerGetsCheckAndNotice(): Promise<void> {
  const { body: offers } = await service.ask('GET', '/v1/sellers/seller-mill/commodities');
  const rye = offers.data.find(({ sku }: { sku: string }) => sku === 'rye-1kg');
  const expectedCharge = { amount: 3 * rye.price.amount, currency: 'EUR' };
  const posted = await service.order({ expectedCharge });
  expect(posted).toMatchObject({
    status: 201,
    body: { charge: expectedCharge, echeck: { status: expect.any(String) } },
  });
  expect(decodeJwt(posted.body.echeck.jws)).toMatchObject({ charge: expectedCharge });

  await service.ask('GET', `/v1/orders/${posted.body.id}`);
  const events = await noticed(posted.body.id);
  expect(events.map(({ type, actor, recipient }) => `${type}: ${actor} → ${recipient}`)).toEqual([
    'order_requested: buyer-ada → null',
    'charge_obtained: buyer-ada → null',
    'credit_judged: check-office → null',
    'seller_verified: check-office → null',
    'distributor_verified: check-office → null',
    'check_issued: check-office → buyer-ada',
    'check_presented: buyer-ada → seller-mill',
    'check_validated: seller-mill → check-office',
    'distribution_promised: seller-mill → buyer-ada',
  ]);
}

async function noticed(id: string) {
  const isNotice = ({ type }: TimelineEvent) => type === 'distribution_promised';
  const events = await until(
    () => service.timeline(id),
    (all) => all.some(isNotice),
  );
  return events.slice(0, events.findIndex(isNotice) + 1);
}

async function poorCreditGetsNoCheck(): Promise<void> {
  const before = await checksAndHolds(service);
  const posted = await service.order(ANVIL, 'buyer-bob');
  expect(posted).toMatchObject({ status: 402, body: { type: '/problems/credit-declined' } });
  expect(await checksAndHolds(service)).toEqual(before);
  const events = await service.timeline(posted.body.orderId);
  expect(events.map(({ type }) => type)).toEqual(['order_requested', 'order_declined']);
}

async function noNoticeWithoutPresentation(): Promise<void> {
  const { body } = await service.order({ presentation: 'manual' });
  const accepted = await service.ask('POST', `/v1/orders/${body.id}/acceptance`, { as: 'seller-mill' });
  expect(accepted).toMatchObject({ status: 404, body: { type: '/problems/not-found' } });
  expect((await service.timeline(body.id)).map(({ type }) => type)).not.toContain('distribution_promised');
}

test(
  'claim 1: works: the buyer reads the charge, gets the check, and the notice of distribution',
  buyerGetsCheckAndNotice,
);
test('claim 1: refuses: poor credit gets no check and no hold', poorCreditGetsNoCheck);
test('claim 1: refuses: no notice without a presented check', noNoticeWithoutPresentation);
test('claim 1: knock-out: nobody judges the credit', async () => {
  const good = async () => ({ kind: 'good', agent: 'auto' }) as const;
  await service.owner.query(`
    alter function ledger_require(accounts, bigint, bigint) rename to ledger_require_kept;
    create function ledger_require(account accounts, available bigint, amount bigint) returns void language sql as 'select';
    alter table accounts drop constraint accounts_within_limit`);
  await service.changing({ judgeCredit: good }, () => expectRed(poorCreditGetsNoCheck));
  await service.owner.query(`
    drop function ledger_require(accounts, bigint, bigint);
    alter function ledger_require_kept(accounts, bigint, bigint) rename to ledger_require`);
});

async function registeredSellerGetsCheck(): Promise<void> {
  const { body } = await service.order();
  expect(body.echeck.number).toMatch(/^check-/);
  const [verified] = (await service.timeline(body.id)).filter(({ type }) => type === 'seller_verified');
  const { rows } = await service.owner.query(
    `select c.seller_version = s.version as same, s.version from echecks c join sellers s on s.id = c.seller_id where c.number = $1`,
    [body.echeck.number],
  );
  expect(rows[0]).toMatchObject({ same: true });
  expect(verified?.body).toEqual({ sellerId: 'seller-mill', version: rows[0].version });
}

async function suspendedSellerGetsNone(): Promise<void> {
  await putSeller(service, { status: 'suspended' });
  const before = await checksAndHolds(service);
  try {
    for (const sellerId of ['seller-mill', 'seller-nobody']) {
      const posted = await service.order({ sellerId });
      expect(posted).toMatchObject({ status: 422, body: { type: '/problems/seller-not-registered' } });
    }
    expect(await checksAndHolds(service)).toEqual(before);
  } finally {
    await putSeller(service, { status: 'active' });
  }
}

test('claim 3: works: the seller is registered and active; the decision keeps its version', registeredSellerGetsCheck);
test('claim 3: refuses: a suspended or unknown seller gets no check and no hold', suspendedSellerGetsNone);
test('claim 3: knock-out: the registry says yes to every seller', async () => {
  const everybody = everybodyIsActive('sellers', 'seller-mill');
  await service.changing({ verifySellerRegistration: yes, issueCheck: everybody }, () =>
    expectRed(suspendedSellerGetsNone),
  );
});

async function registeredDistributorGetsCheck(): Promise<void> {
  const { body } = await service.order();
  const [verified] = (await service.timeline(body.id)).filter(({ type }) => type === 'distributor_verified');
  const { rows } = await service.owner.query('select distributor_version from echecks where number = $1', [
    body.echeck.number,
  ]);
  expect(verified?.body).toEqual({ distributorId: 'distributor-swift', version: rows[0].distributor_version });
}

async function suspendedDistributorGetsNone(): Promise<void> {
  await putDistributor(service, { status: 'suspended' });
  const before = await checksAndHolds(service);
  try {
    for (const distributorId of ['distributor-swift', 'distributor-nobody']) {
      const posted = await service.order({ distributorId });
      expect(posted).toMatchObject({ status: 422, body: { type: '/problems/distributor-not-registered' } });
    }
    expect(await checksAndHolds(service)).toEqual(before);
  } finally {
    await putDistributor(service, { status: 'active' });
  }
}

test('claim 10: works: the demand names a registered distributor', registeredDistributorGetsCheck);
test('claim 10: refuses: a suspended or unknown distributor: no check, no hold', suspendedDistributorGetsNone);
test('claim 10: knock-out: the registry says yes to every distributor', async () => {
  const everybody = everybodyIsActive('distributors', 'distributor-swift');
  const change = { verifyDistributorRegistration: yes, issueCheck: everybody };
  await service.changing(change, () => expectRed(suspendedDistributorGetsNone));
});

const yes = async () => ({ kind: 'good', agent: 'auto', version: 1 }) as const;

/** The registry answers for a moment as if the party were active: what issuing then sees. */
function everybodyIsActive(table: 'sellers' | 'distributors', id: string): ClaimService['steps']['issueCheck'] {
  return async (demand) => {
    await service.owner.query(`update ${table} set status = 'active' where id = $1`, [id]);
    return service.steps.issueCheck(demand);
  };
}

async function checkSaysChargeAndTerminal(): Promise<void> {
  const { body } = await service.order({ terminalId: 'terminal-ada' });
  expect(decodeJwt(body.echeck.jws)).toMatchObject({
    charge: { amount: 645, currency: 'EUR' },
    terminal: { buyerId: 'buyer-ada', terminalId: 'terminal-ada' },
    jti: body.echeck.number,
  });
}

async function otherTerminalIsRefused(): Promise<void> {
  const before = await checksAndHolds(service);
  const refused = await service.order({ terminalId: 'till-7' });
  expect(refused).toMatchObject({ status: 422, body: { type: '/problems/invalid-request' } });
  expect(refused.body.errors).toMatchObject([{ pointer: '/terminalId' }]);
  expect(await checksAndHolds(service)).toEqual(before);
}

async function checkWithoutTerminalIsNone(): Promise<void> {
  const { body } = await service.order();
  const { signing } = service.deps;
  const verified = await signing.verifyCheck(body.echeck.jws);
  if (!verified.ok) throw new Error(verified.detail);
  for (const missing of [{ terminal: undefined }, { charge: undefined }]) {
    // What the types forbid is made all the same, as a careless caller would.
    const claims = { ...verified.claims, ...missing } as unknown as typeof verified.claims;
    await expect(signing.signCheck(claims)).rejects.toThrow(/expected object/);
  }
}

test('claim 6: works: the check carries the charge and the terminal of the demand', checkSaysChargeAndTerminal);
test('claim 6: refuses: a body that names another terminal than the one that orders', otherTerminalIsRefused);
test('claim 6: refuses: a check without charge or terminal cannot be made', checkWithoutTerminalIsNone);
test("claim 6: refuses: nor is one verified that the office's own key has signed", async () => {
  jest.spyOn(checkPayload, 'parse').mockImplementation((payload) => payload as never);
  const { body } = await service.order();
  const verified = await service.deps.signing.verifyCheck(body.echeck.jws);
  if (!verified.ok) throw new Error(verified.detail);
  const claims = { ...verified.claims, terminal: undefined } as unknown as typeof verified.claims;
  const { jws } = await service.deps.signing.signCheck(claims);
  jest.restoreAllMocks();
  const answer = await service.ask('POST', '/v1/echecks/validation', { as: 'operator-olga', body: { echeck: jws } });
  expect(answer.body).toMatchObject({ valid: false, reason: 'bad_signature' });
});
test('claim 6: knock-out: nobody looks at what a check must say', async () => {
  jest.spyOn(checkPayload, 'parse').mockImplementation((payload) => payload as never);
  await expectRed(checkWithoutTerminalIsNone);
});

test('the account that the claims were shown on adds up', async () => {
  const ada = await account(service, 'buyer-ada');
  expect(ada.available.amount).toBe(ada.balance.amount + ada.creditLimit.amount - ada.held.amount);
});
