import { scheduleOnceInstructed, type Answer } from '../api/support.ts';
import {
  finalOrder,
  needsSomebody,
  orderFor,
  orderWhen,
  presentationOf,
  testService,
  type TestService,
} from '../support/service.ts';
import { wednesdayNoon } from '../support/service-date.ts';

/*
 * A seller or distributor that is suspended while its orders run, by who acts for it and when the seller is paid: its next step
 * is not taken; lifted, the order goes on to its end; aborted, the buyer has its money back.
 */

let service: TestService;
beforeAll(async () => {
  service = await testService();
});
afterAll(() => service.close());

const OLGA = 'operator-olga';
const PARTIES = {
  seller: { path: 'sellers/seller-mill', name: 'The Mill', reason: 'SellerSuspended' },
  distributor: { path: 'distributors/distributor-swift', name: 'Swift Distribution', reason: 'DistributorSuspended' },
} as const;
type PartyName = keyof typeof PARTIES;

async function put(party: PartyName, status: string, agent: string): Promise<void> {
  const { path, name } = PARTIES[party];
  const answer = await service.ask('PUT', `/v1/registry/${path}`, { as: OLGA, body: { name, status, agent } });
  expect(answer.status).toBe(200);
}

const post = (id: string, what: string, as: string, body: object) =>
  service.ask('POST', `/v1/orders/${id}/${what}`, { as, body });
const report = (id: string) =>
  post(id, 'distribution-events', 'distributor-swift', {
    eventId: 'proof',
    kind: 'delivered',
    occurredAt: new Date().toISOString(),
  });

/** The moments of an order, each reached by the buyer's or the distributor's hand, so that the suspension comes in between. */
type Moment = 'check_issued' | 'accepted' | 'scheduled';

interface Case {
  readonly party: PartyName;
  readonly agent: 'auto' | 'manual';
  readonly settleOn: 'delivery' | 'notice';
  /** Where the order is when the party is suspended. */
  readonly at: Moment;
  /** Where it then waits. */
  readonly waits: string;
}

const CASES: readonly Case[] = (['delivery', 'notice'] as const).flatMap((settleOn): Case[] => [
  { party: 'seller', agent: 'auto', settleOn, at: 'check_issued', waits: 'presented' },
  { party: 'seller', agent: 'manual', settleOn, at: 'check_issued', waits: 'presented' },
  { party: 'seller', agent: 'auto', settleOn, at: 'accepted', waits: 'accepted' },
  { party: 'distributor', agent: 'auto', settleOn, at: 'check_issued', waits: 'accepted' },
  { party: 'distributor', agent: 'auto', settleOn, at: 'accepted', waits: 'accepted' },
  { party: 'distributor', agent: 'manual', settleOn, at: 'accepted', waits: 'accepted' },
]);

let count = 0;

/** Brings an order to the moment, suspends the party, and lets everybody else act on. */
async function suspendedOrder({ party, agent, settleOn, at, waits }: Case): Promise<string> {
  await put(party, 'active', agent);
  const body = orderFor({ settleOn, presentation: 'manual', payment: 'manual' });
  count += 1;
  const placed = await service.ask('POST', '/v1/orders', { body, key: `suspension-${count}` });
  expect(placed.status).toBe(201);
  const { id } = placed.body;
  const present = () => post(id, 'presentation', 'buyer-ada', presentationOf(placed.body));
  const byHand = party === 'seller' && agent === 'manual';
  if (at !== 'check_issued') {
    await present();
    // Paid at the notice, its seller is paid a step after the acceptance.
    const isPaid = ({ payment }: Answer['body']) => settleOn === 'delivery' || payment.status === 'settled';
    await orderWhen(service, id, (order) => order.stage === at && isPaid(order));
  }
  await put(party, 'suspended', agent);
  if (at === 'check_issued') expect((await present()).status).toBe(200);
  if (byHand) {
    const refused = await post(id, 'acceptance', 'seller-mill', {});
    expect([refused.status, refused.body.type]).toEqual([409, '/problems/party-suspended']);
  }
  if (waits === 'accepted') await post(id, 'payment-indication', 'buyer-ada', {});
  const order = await orderWhen(service, id, needsSomebody);
  expect(order).toMatchObject({ stage: waits, attention: { reason: PARTIES[party].reason, waitingOn: 'operator' } });
  return id;
}

/** What is left to do by hand once the party may act again. */
async function goOn(id: string, { party, agent }: Case): Promise<void> {
  await orderWhen(service, id, ({ attention }) => attention === null);
  if (party === 'seller' && agent === 'manual') {
    expect((await post(id, 'acceptance', 'seller-mill', {})).status).toBe(200);
  }
  const indicated = async (): Promise<Answer> => post(id, 'payment-indication', 'buyer-ada', {});
  await orderWhen(service, id, ({ stage }) => stage !== 'presented');
  expect((await indicated()).status).toBe(200);
  if (party === 'distributor' && agent === 'manual') {
    expect((await scheduleOnceInstructed(service, id, wednesdayNoon())).status).toBe(200);
  }
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  await report(id);
}

const NAMED = CASES.map((each): [string, Case] => {
  const { party, agent, settleOn, at } = each;
  return [`${agent} ${party} suspended at ${at}, paid on ${settleOn}`, each];
});

test.each(NAMED)('%s: waits, and goes on to its end when that is lifted', async (_name, each) => {
  const id = await suspendedOrder(each);
  await put(each.party, 'active', each.agent);
  await goOn(id, each);
  const order = await finalOrder(service, id);
  expect(order).toMatchObject({ stage: 'completed', attention: null, payment: { status: 'settled' } });
  await put(each.party, 'active', 'auto');
});

test.each(NAMED)('%s: aborted, everything is undone', async (_name, each) => {
  const id = await suspendedOrder(each);
  // At the notice the seller was paid before it, or before the distributor, was suspended.
  const paid = each.settleOn === 'notice' && (each.party === 'distributor' || each.at === 'accepted');
  const aborted = await post(id, 'interventions', OLGA, { action: 'abort', reason: 'it stays suspended' });
  await put(each.party, 'active', 'auto');
  expect(aborted.status).toBe(200);
  const order = await finalOrder(service, id);
  expect(order).toMatchObject({
    stage: paid ? 'refunded' : 'cancelled',
    attention: null,
    payment: { status: paid ? 'refunded' : 'voided' },
  });
  const { body } = await service.ask('GET', `/v1/orders/${id}/money`, { as: OLGA });
  expect(body.proof).toMatchObject({ netsToZero: true, held: { amount: 0 } });
});

test('suspended on the way: the goods arrive, the completion is on record, and the seller is paid once it may be', async () => {
  const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'on-the-way' });
  await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  await put('seller', 'suspended', 'auto');
  await put('distributor', 'suspended', 'auto');
  expect((await report(body.id)).status).toBe(202);
  const order = await orderWhen(service, body.id, needsSomebody);
  expect(order).toMatchObject({
    stage: 'delivered',
    attention: { step: 'settlePayment', reason: 'SellerSuspended' },
    payment: { status: 'held' },
  });
  // The goods are with the buyer: there is only forward.
  const aborted = await post(body.id, 'interventions', OLGA, { action: 'abort', reason: 'no' });
  expect(aborted.status).toBe(409);
  await put('seller', 'active', 'auto');
  await put('distributor', 'active', 'auto');
  expect(await finalOrder(service, body.id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
});

test('a suspended seller may still refuse, and the buyer may cancel', async () => {
  const auto = {
    party: 'seller',
    agent: 'auto',
    settleOn: 'delivery',
    at: 'check_issued',
    waits: 'presented',
  } as const;
  const refused = await suspendedOrder(auto);
  expect((await post(refused, 'refusal', 'seller-mill', { reason: 'closing down' })).status).toBe(200);
  const cancelled = await suspendedOrder(auto);
  expect((await post(cancelled, 'cancellation', 'buyer-ada', { reason: 'waited enough' })).status).toBe(200);
  await put('seller', 'active', 'auto');
  expect(await finalOrder(service, refused)).toMatchObject({ stage: 'rejected', payment: { status: 'voided' } });
  expect(await finalOrder(service, cancelled)).toMatchObject({ stage: 'cancelled', payment: { status: 'voided' } });
});

test('whatever changes in the registration of a suspended party, it stays suspended', async () => {
  const id = await suspendedOrder({
    party: 'seller',
    agent: 'auto',
    settleOn: 'delivery',
    at: 'check_issued',
    waits: 'presented',
  });
  await put('seller', 'suspended', 'manual');
  await put('seller', 'suspended', 'auto');
  const { body } = await post(id, 'interventions', OLGA, { action: 'retry', reason: 'to see' });
  expect(body.stage).toBe('presented');
  const order = await orderWhen(service, id, needsSomebody);
  expect(order).toMatchObject({ stage: 'presented', attention: { reason: 'SellerSuspended' } });
  await put('seller', 'active', 'auto');
  await orderWhen(service, id, ({ stage }) => stage === 'accepted');
});
