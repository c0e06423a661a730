import { createHash } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { loadTerminalKey } from '../../client/terminal-key-file.ts';
import { rowsOf } from '../support/reference-sites.ts';
import { payloadOf } from '../support/site-words.ts';
import { until } from '../support/until.ts';
import {
  ADDRESS,
  BUYER,
  DISTRIBUTOR,
  fourParties,
  LINES,
  SELLER,
  type FourParties,
  type WholeOrder,
} from './four-parties.ts';
import { expectInOrder, keysAt, only, showOnRecord, showSigned } from './network.ts';
import type { TimelineEvent } from './support.ts';

/*
 * The claims between separate parties: a terminal, a selling office and a distributing company as processes with keys of their own,
 * the last two with databases of their own. One order is paid on delivery, another at the notice.
 */

let parties: FourParties;
let onDelivery: WholeOrder;
beforeAll(async () => {
  parties = await fourParties();
  onDelivery = await parties.wholeOrder();
});
afterAll(() => parties?.close());

const eventOf = ({ timeline }: WholeOrder, type: string): TimelineEvent | undefined =>
  timeline.find((event) => event.type === type);

test('claim 1: literal: charge, order and check between terminal and office; check, order and notice between terminal and selling office', async () => {
  const { order, timeline, messages } = onDelivery;
  const { body: offered } = await parties.service.ask('GET', `/v1/sellers/${SELLER}/commodities`);
  const { price } = offered.data.find(({ sku }: { sku: string }) => sku === 'linen-3m');
  expect(order.charge).toEqual({ amount: 2 * price.amount, currency: price.currency });
  const { payload } = await jwtVerify(order.echeck.jws, createLocalJWKSet(await keysAt(parties.service.url)), {
    typ: 'echeck+jwt',
  });
  expect(payload).toMatchObject({ aud: SELLER, charge: order.charge });

  const presentation = only(messages, 'presentation');
  expect(presentation).toMatchObject({
    from: BUYER,
    to: SELLER,
    body: { echeck: order.echeck.jws, charge: order.charge },
  });
  expect(presentation.receipt).toMatchObject({ signedBy: SELLER, verdict: 'promised' });
  expectInOrder(timeline, ['check_presented', BUYER], ['distribution_promised', SELLER]);
  const { body: seen } = await parties.service.ask('GET', `/v1/orders/${onDelivery.id}/timeline`);
  expect(seen.data).toContainEqual(
    expect.objectContaining({ type: 'distribution_promised', actor: SELLER, recipient: BUYER }),
  );

  showOnRecord(1, 'POST /v1/orders', eventOf(onDelivery, 'order_requested'));
  showSigned(1, presentation);
  showOnRecord(1, 'the notice, in the stream of its events', eventOf(onDelivery, 'distribution_promised'), BUYER);
});

test('claim 2: literal: the selling office has the check validated at the check office before it promises', () => {
  const { timeline, messages } = onDelivery;
  expectInOrder(timeline, ['check_presented', BUYER], ['check_validated', SELLER], ['distribution_promised', SELLER]);
  showOnRecord(2, 'POST /v1/echecks/validation', eventOf(onDelivery, 'check_validated'));
  showSigned(2, only(messages, 'presentation'));
});

test.each([
  [3, 'seller_verified', 'sellerId', SELLER],
  [10, 'distributor_verified', 'distributorId', DISTRIBUTOR],
])(
  'claim %i: literal: the demand of the terminal names the party, whose server then gets its message',
  (claim, type, name, party) => {
    const { order, messages, timeline } = onDelivery;
    expect(order).toMatchObject({ [name]: party });
    expect(timeline).toContainEqual(
      expect.objectContaining({ type, body: expect.objectContaining({ [name]: party }) }),
    );
    const first = messages.find(({ to }) => to === party);
    if (!first) throw new Error(`${party} got no message`);
    showOnRecord(claim, `POST /v1/orders, naming ${party}`, eventOf(onDelivery, 'order_requested'));
    showSigned(claim, first);
  },
);

test('claim 4: literal: the indication of the payment reaches the selling office with check and charge', () => {
  const { order, messages, timeline } = onDelivery;
  const indicated = only(messages, 'payment_indicated');
  expect(indicated).toMatchObject({
    from: BUYER,
    to: SELLER,
    body: { number: order.echeck.number, amount: order.charge },
    receipt: { signedBy: SELLER, verdict: 'received' },
  });
  expectInOrder(timeline, ['distribution_promised', SELLER], ['payment_indicated', BUYER]);
  showSigned(4, indicated);
});

test.each([5, 7])(
  'claim %i: literal: the selling office demands with the check, is paid, and signs for that',
  (claim) => {
    const { order, messages, timeline } = onDelivery;
    const { number, jws } = order.echeck;
    expectInOrder(
      timeline,
      ['distribution_promised', SELLER],
      ['payment_demanded', SELLER],
      ['payment_settled', 'check-office'],
    );
    expect(eventOf(onDelivery, 'payment_demanded')?.body).toMatchObject({
      echeck: { number, jws },
      seller: { id: SELLER },
      reference: expect.stringMatching(/^loom-/),
    });
    const paid = only(messages, 'paid');
    expect(paid).toMatchObject({ to: SELLER, body: { number, amount: order.charge }, receipt: { signedBy: SELLER } });
    showOnRecord(claim, 'POST /v1/payment-demands', eventOf(onDelivery, 'payment_demanded'));
    showSigned(claim, paid);
  },
);

test('claim 5: literal: at the notice, the selling office demands before anything is delivered', async () => {
  // It cannot deliver before it is back: once the payment is settled.
  await parties.distributor.kill();
  const [told] = await Promise.all([parties.wholeOrder('--settle-on', 'notice'), backOnceSettled()]);
  expectInOrder(
    told.timeline,
    ['distribution_promised', SELLER],
    ['payment_demanded', SELLER],
    ['payment_settled', 'check-office'],
    ['distribution_completed', DISTRIBUTOR],
  );
  showOnRecord(5, 'POST /v1/payment-demands, at the notice', eventOf(told, 'payment_demanded'));
});

async function backOnceSettled(): Promise<void> {
  const { owner } = parties.service;
  const settled = "select 1 from order_events where type = 'payment_settled' and order_id <> $1";
  await until(async () => (await owner.query(settled, [onDelivery.id])).rowCount);
  await parties.distributor.start();
}

test('claim 6: literal: the check names the terminal of the token, and is bound to the key of the terminal', async () => {
  const { order } = onDelivery;
  expect(payloadOf(order.echeck.jws)).toMatchObject({
    charge: order.charge,
    terminal: { buyerId: BUYER, terminalId: 'terminal-ada' },
    cnf: { jkt: (await loadTerminalKey(parties.keyFile)).thumbprint },
  });
  showOnRecord(6, 'POST /v1/orders with terminalKey', eventOf(onDelivery, 'order_requested'));
});

test("claim 8: literal: check, lines and address come in one message, with the terminal's own signature", async () => {
  const presentation = only(onDelivery.messages, 'presentation');
  const { echeck, lines, deliverTo, presentation: signed } = presentation.body;
  expect({ lines, deliverTo }).toEqual({ lines: LINES, deliverTo: ADDRESS });
  const { payload } = await jwtVerify(
    signed,
    createLocalJWKSet({ keys: [(await loadTerminalKey(parties.keyFile)).publicKey] }),
    {
      typ: 'presentation+jwt',
    },
  );
  expect(payload).toMatchObject({ digest: createHash('sha256').update(echeck).digest('base64url'), lines, deliverTo });
  showSigned(8, presentation);
});

test('claim 9: literal: the distributing company receipts exactly the instruction that the selling office has signed', async () => {
  const { id, messages } = onDelivery;
  const instructed = only(messages, 'instruction');
  const { instruction } = instructed.body;
  expect(instruction).toBe(only(messages, 'presentation').receipt?.body.instruction);
  expect(decodeProtectedHeader(instruction)).toMatchObject({ typ: 'instruction+jwt', alg: 'EdDSA' });
  const own = createLocalJWKSet(await keysAt(parties.seller.url));
  const { payload } = await jwtVerify(instruction, own, { issuer: SELLER, audience: DISTRIBUTOR, subject: id });
  expect(payload).toMatchObject({ lines: [expect.objectContaining({ ...LINES[0] })], deliverTo: ADDRESS });
  expect(instructed).toMatchObject({ from: SELLER, to: DISTRIBUTOR, receipt: { signedBy: DISTRIBUTOR } });
  expect(payloadOf(instructed.receipt?.text ?? '')['digest']).toBe(
    createHash('sha256').update(instructed.text).digest('base64url'),
  );
  showSigned(9, instructed);
});

test('claim 11: literal: the distributing company fixes date and time by its own calendar, and instructs its driver', async () => {
  const { id, order, messages } = onDelivery;
  const instructed = only(messages, 'instruction');
  expect(instructed.receipt).toMatchObject({ verdict: 'scheduled', body: { deliverAt: expect.any(String) } });
  const deliverAt = new Date(instructed.receipt?.body.deliverAt);
  expect(new Date(order.distribution.deliverAt)).toEqual(deliverAt);
  const [job] = await rowsOf(parties.distributor, 'select state, deliver_at from jobs where order_id = $1', [id]);
  expect(job).toEqual({ state: 'delivered', deliver_at: deliverAt });
  showSigned(11, instructed);
});

test('claim 12: literal: the completion reaches the selling office, which signs for it', () => {
  const { messages, timeline } = onDelivery;
  const completed = only(messages, 'completed');
  expect(completed).toMatchObject({
    from: DISTRIBUTOR,
    to: SELLER,
    receipt: { signedBy: SELLER, verdict: 'received' },
  });
  expectInOrder(timeline, ['distribution_completed', DISTRIBUTOR], ['completion_notified_seller', DISTRIBUTOR]);
  showSigned(12, completed);
});

test("claim 23: literal: the distributing company's completion is on the office's own record before any money moves", () => {
  const { timeline } = onDelivery;
  expectInOrder(
    timeline,
    ['distribution_completed', DISTRIBUTOR],
    ['completion_notified_office', DISTRIBUTOR],
    ['payment_settled', 'check-office'],
  );
  showOnRecord(23, 'POST /v1/orders/{orderId}/distribution-events', eventOf(onDelivery, 'completion_notified_office'));
});

test('claim 1: literal: all of it is evidence: judged offline with the keys of all three, it proves what each has signed', async () => {
  const { status, stdout } = await parties.judgeEvidence(onDelivery.id);
  expect({ status, stdout }).toMatchObject({ status: 0 });
  for (const proven of [
    /seller-loom received the presentation of order-\w+ from buyer-ada at .* and promised distribution\./,
    /distributor-rail received the distributing instruction .* and fixed the delivery for /,
    /seller-loom received the notice of completion /,
  ])
    expect(stdout).toMatch(proven);
});
