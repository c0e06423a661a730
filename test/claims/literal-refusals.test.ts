import { generateKeyPair, type CryptoKey } from 'jose';
import type { Answer } from '../api/support.ts';
import { credulous, honest, lying, saying, type Falsehood } from '../support/site-behaviours.ts';
import { register, reportBy, sitePair, siteParty, type SitePair } from '../support/site-parties.ts';
import { finalOrder, needsSomebody, orderFor, orderWhen, presentationOf } from '../support/service.ts';
import { testTerminal } from '../support/terminal.ts';
import { claimService, expectRed, type Changes, type ClaimService, type Transmissions } from './support.ts';

/* What must not happen between separate parties, and that each guard would be missed. */

let service: ClaimService;
let pair: SitePair;
beforeAll(async () => {
  service = await claimService();
  pair = await sitePair(service, 'literal');
});
afterEach(() => {
  pair.seller.behaviour = honest();
  pair.distributor.behaviour = honest();
});
afterAll(async () => {
  await pair?.close();
  await service.close();
});

async function ordered(change: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await service.order({ ...pair.order, ...change });
  expect([201, 202]).toContain(status);
  return body.id;
}

const retry = (id: string) => {
  const body = { action: 'retry', reason: 'it tells the truth now' };
  return service.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body });
};

/** Where an order stands still, or has gone on to. A site that answers too late, on a loaded machine, is asked again by itself. */
async function whereItEnds(id: string, beyond: readonly string[]): Promise<Answer['body']> {
  const standsStill = (order: Answer['body']) => needsSomebody(order) && order.attention.reason !== 'SiteUnreachable';
  return orderWhen(service, id, (order) => standsStill(order) || beyond.includes(order.stage));
}

type Case = readonly [claim: number, kind: string, step: keyof Transmissions, stage: string, beyond: readonly string[]];

/** The transmissions that an order cannot do without: what waits for each, and what stands beyond it. */
const CASES: readonly Case[] = [
  [1, 'presentation', 'presentToSeller', 'presented', ['accepted', 'scheduled']],
  [4, 'payment_indicated', 'notifySellerOfPaymentIndication', 'accepted', ['scheduled']],
  [9, 'instruction', 'instructDistributor', 'accepted', ['scheduled']],
  [12, 'completed', 'notifySellerOfCompletion', 'delivered', ['completed']],
  [5, 'paid', 'notifySellerOfPayment', 'delivered', ['completed']],
];

const FALSE_DIGEST: Falsehood = { claims: (good) => ({ ...good, digest: 'A'.repeat(43) }) };

/** A receipt of something else is none: the order waits for the party, and goes on when it has signed for what it got. */
async function falseReceiptCountsForNothing([, kind, step, stage, beyond]: Case): Promise<void> {
  const site = kind === 'instruction' ? pair.distributor : pair.seller;
  site.behaviour = lying(FALSE_DIGEST, { kind });
  const id = await ordered();
  if (stage === 'delivered') {
    await orderWhen(service, id, (order) => order.stage === 'scheduled');
    await reportBy(pair.distributor, id, 'proof');
  }
  expect(await whereItEnds(id, beyond)).toMatchObject({
    stage,
    attention: { step, reason: 'BadReceipt', waitingOn: site.party },
  });
  site.behaviour = honest();
  await retry(id);
  await orderWhen(service, id, (order) => order.attention === null && beyond.includes(order.stage));
}

test.each(CASES)('claim %i: refuses: a receipt of %s that is of something else counts for nothing', (...row) =>
  falseReceiptCountsForNothing(row),
);

/** What each transmission would answer if nobody looked at the receipt. */
const UNSEEN: Partial<Transmissions> = {
  presentToSeller: async () => ({ kind: 'promised' }),
  notifySellerOfPaymentIndication: async () => ({ kind: 'received' }),
  instructDistributor: async () => ({
    kind: 'scheduled',
    deliverAt: new Date(Date.now() + 4 * 86_400_000).toISOString(),
  }),
  notifySellerOfCompletion: async () => ({ kind: 'received' }),
  notifySellerOfPayment: async () => ({ kind: 'received' }),
};

test.each(CASES)('claim %i: knock-out: the receipt of %s is not looked at', async (...row) => {
  const [, , step] = row;
  const { transmissions } = service;
  const unseen: Partial<Transmissions> = {
    [step]: async (input: never) => {
      await transmissions[step](input).catch(() => undefined);
      return UNSEEN[step]?.(input);
    },
  };
  await service.changingAll({ transmissions: unseen }, () => expectRed(() => falseReceiptCountsForNothing(row)));
});

async function noPromiseWithoutValidation(): Promise<void> {
  pair.seller.behaviour = credulous();
  const id = await ordered();
  expect(await whereItEnds(id, ['accepted', 'scheduled'])).toMatchObject({
    stage: 'presented',
    attention: { reason: 'NotValidated', waitingOn: pair.seller.party },
  });
  pair.seller.behaviour = honest();
  await retry(id);
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
}

test(
  'claim 2: refuses: a promise without the validation at the check office does not happen',
  noPromiseWithoutValidation,
);
test('claim 2: knock-out: nobody asks whether the selling office has validated', async () => {
  const { steps } = service;
  const unasked: Changes = {
    transmissions: { presentToSeller: async () => ({ kind: 'promised' }) },
    steps: { acceptOrder: ({ sellerAgent: _agent, ...input }) => steps.acceptOrder(input) },
  };
  await service.changingAll(unasked, () => expectRed(noPromiseWithoutValidation));
});

test('claim 1: literal: while the selling office is away its orders wait for it, and nobody else waits', async () => {
  await pair.seller.goAway();
  const id = await ordered();
  expect(await orderWhen(service, id, needsSomebody)).toMatchObject({
    stage: 'presented',
    attention: { step: 'presentToSeller', reason: 'SiteUnreachable', waitingOn: pair.seller.party },
  });
  const { body: other } = await service.order();
  await orderWhen(service, other.id, ({ stage }) => stage === 'scheduled');
  await pair.seller.comeBack();
  await retry(id);
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
});

test('claim 3: refuses: the server of a seller that is suspended gets nothing, and no check is issued', async () => {
  const seller = await siteParty(service, 'seller', 'seller-suspended', { registration: { status: 'suspended' } });
  const { status, body } = await service.order({ ...pair.order, sellerId: seller.party });
  expect({ status, body }).toMatchObject({ status: 422, body: { type: '/problems/seller-not-registered' } });
  expect(seller.tries).toEqual([]);
  await seller.close();
});

test('claim 6: refuses: a terminal that the body names against the token', async () => {
  const { terminalKey } = await testTerminal();
  const { status, body } = await service.order({ ...pair.order, terminalKey, terminalId: 'another' });
  expect({ status, body }).toMatchObject({ status: 422, body: { errors: [{ pointer: '/terminalId' }] } });
});

test('claim 8: refuses: a presentation that the terminal has not signed, or for another address, or for none', async () => {
  const terminal = await testTerminal();
  const { body: order } = await service.order({ ...pair.order, terminalKey: terminal.terminalKey });
  const refused = [
    await (await testTerminal()).present(order),
    await terminal.present(order, { deliverTo: { ...order.deliverTo, city: 'Bonn' } }),
    await terminal.present(order, { deliverTo: undefined }),
    presentationOf(order),
  ];
  for (const body of refused) {
    const answer = await service.ask('POST', `/v1/orders/${order.id}/presentation`, { body });
    expect(answer).toMatchObject({ status: 422, body: { type: '/problems/echeck-invalid' } });
  }
  expect(pair.seller.triesOf('presentation', order.id)).toEqual([]);
});

async function foreignKey(): Promise<CryptoKey> {
  return (await generateKeyPair('EdDSA', { crv: 'Ed25519' })).privateKey;
}

test.each([
  ['by somebody else', async () => ({ key: await foreignKey() })],
  ['for another distributor', async () => ({ claims: (good: object) => ({ ...good, aud: 'distributor-swift' }) })],
  [
    'for another address',
    async () => ({ claims: (good: object) => ({ ...good, deliverTo: orderFor()['deliverTo'], lines: [] }) }),
  ],
])('claim 9: refuses: an instruction that is signed %s', async (_, lie) => {
  pair.seller.behaviour = lying({ instruction: await lie() }, { kind: 'presentation' });
  const id = await ordered();
  expect(await whereItEnds(id, ['accepted', 'scheduled'])).toMatchObject({
    stage: 'presented',
    attention: { step: 'presentToSeller', reason: 'BadReceipt', waitingOn: pair.seller.party },
  });
  expect(pair.distributor.triesOf('instruction', id)).toEqual([]);
});

test("claim 11: refuses: a date that breaks the distributing company's own terms", async () => {
  pair.distributor.behaviour = saying({ verdict: 'scheduled', body: { deliverAt: new Date().toISOString() } });
  const id = await ordered();
  expect(await whereItEnds(id, ['scheduled'])).toMatchObject({
    stage: 'accepted',
    attention: { step: 'instructDistributor', reason: 'OutsideService', waitingOn: pair.distributor.party },
  });
});

test('claim 7: refuses: a selling office that is suspended is not paid on its demand, until it may act again', async () => {
  const id = await ordered();
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await register(service, 'seller', pair.seller, { status: 'suspended' });
  await reportBy(pair.distributor, id, 'proof');
  const held = await orderWhen(service, id, needsSomebody);
  expect(held).toMatchObject({ payment: { status: 'held' }, attention: { reason: 'SellerSuspended' } });
  await register(service, 'seller', pair.seller);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
});

test('claim 23: refuses: the demand of a selling office before the completion is on record', async () => {
  const id = await ordered();
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const demand = { echeck: pair.seller.checks.get(id) };
  const { status, body } = await pair.seller.askOffice('POST', '/v1/payment-demands', demand);
  expect({ status, body }).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition' } });
});
