import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { orderDigest } from '../../office/checks/jws.ts';
import { orderFor, orderWhen } from '../support/service.ts';
import { PATIENCE_MS } from '../support/until.ts';
import { claimService, expectRed, report, sellerDecides, type ClaimService } from './support.ts';
import { workerWithout } from './workflow-knock-out.ts';

/* Claims 2, 4 and 8 (as a method 14, 16 and 18): check, order and address reach the seller, who looks before it promises. */

let service: ClaimService;
beforeAll(async () => {
  service = await claimService();
});
afterAll(() => service.close());

const MANUAL = { presentation: 'manual' };

/** Presents with what was ordered, but for what is said. */
function present(id: string, said: Record<string, unknown>) {
  const { lines, deliverTo } = orderFor();
  return service.ask('POST', `/v1/orders/${id}/presentation`, { body: { lines, deliverTo, ...said } });
}

async function typesOf(id: string): Promise<string[]> {
  return (await service.timeline(id)).map(({ type }) => type);
}

async function sellerValidatesFirst(): Promise<void> {
  const { body } = await service.order(MANUAL);
  const presented = await present(body.id, { echeck: body.echeck.jws });
  expect(presented.status).toBe(200);
  const events = await service.timeline(body.id);
  const validated = events.find(({ type }) => type === 'check_validated');
  expect(validated).toMatchObject({
    actor: 'seller-mill',
    recipient: 'check-office',
    body: { number: body.echeck.number, valid: true },
  });
  const types = events.map(({ type }) => type);
  expect(types.indexOf('check_validated')).toBeLessThan(types.indexOf('distribution_promised'));
}

/** A refused presentation leaves the order where it is: nothing promised, nothing instructed. */
async function expectRefused(id: string, body: Record<string, unknown>, reason: string): Promise<void> {
  expect(await present(id, body)).toMatchObject({ status: 422, body: { type: '/problems/echeck-invalid', reason } });
  const types = await typesOf(id);
  expect(types).not.toContain('distribution_promised');
  expect(types).not.toContain('distribution_instructed');
}

async function badChecksAreRefused(): Promise<void> {
  const [{ body: own }, { body: other }] = await Promise.all([service.order(MANUAL), service.order(MANUAL)]);
  const [head, payload, signature] = own.echeck.jws.split('.');
  const changed = payload.replace(/^./, (first: string) => (first === 'e' ? 'f' : 'e'));
  await expectRefused(own.id, { echeck: `${head}.${changed}.${signature}` }, 'bad_signature');
  await expectRefused(own.id, { echeck: other.echeck.jws }, 'altered');
}

async function frozenAccountIsRefused(): Promise<void> {
  const { body } = await service.order(MANUAL);
  const set = (status: string) =>
    service.ask('PATCH', '/v1/accounts/buyer-ada', { as: 'operator-olga', body: { status } });
  await set('frozen');
  try {
    await expectRefused(body.id, { echeck: body.echeck.jws }, 'account_frozen');
  } finally {
    await set('open');
  }
  expect((await present(body.id, { echeck: body.echeck.jws })).status).toBe(200);
}

async function expiredCheckIsRefused(): Promise<void> {
  const { body } = await service.order(MANUAL);
  // What a check says is never changed, not even by the owner: its triggers are put aside for this one statement.
  await service.owner.query(`set session_replication_role = replica`);
  await service.owner.query(`update echecks set expires_at = now() - interval '1 minute' where number = $1`, [
    body.echeck.number,
  ]);
  await service.owner.query(`set session_replication_role = origin`);
  await expectRefused(body.id, { echeck: body.echeck.jws }, 'expired');
}

async function stoppedCheckEndsTheOrder(): Promise<void> {
  const { body } = await service.order(MANUAL);
  const stopped = await service.ask('POST', `/v1/echecks/${body.echeck.number}/stop`, { body: {} });
  expect(stopped).toMatchObject({ status: 200, body: { status: 'stopped' } });
  const verdict = await service.ask('POST', '/v1/echecks/validation', {
    as: 'operator-olga',
    body: { echeck: body.echeck.jws },
  });
  expect(verdict.body).toMatchObject({ valid: false, reason: 'stopped' });
  const order = await orderWhen(service, body.id, ({ stage }) => stage === 'cancelled');
  expect(order.payment.status).toBe('voided');
  expect((await present(body.id, { echeck: body.echeck.jws })).status).toBe(409);
}

test('claim 2: works: the seller has the check validated before it promises anything', sellerValidatesFirst);
test('claim 2: refuses: an altered check, and the check of another order', badChecksAreRefused);
test('claim 2: refuses: a check on a frozen account, until it is opened again', frozenAccountIsRefused);
test('claim 2: refuses: an expired check', expiredCheckIsRefused);
test('claim 2: refuses: a stopped check, whose order ends unpaid', stoppedCheckEndsTheOrder);
test('claim 2: knock-out: the seller does not look at the check that it is handed', async () => {
  const { steps } = service;
  const unseen: typeof steps.validateCheck = async (presentation) =>
    steps.validateCheck({ ...presentation, echeck: await jwsOnRecord(presentation.orderId) });
  await service.changing({ validateCheck: unseen }, () => expectRed(badChecksAreRefused));
});

async function jwsOnRecord(orderId: string): Promise<string> {
  const { rows } = await service.owner.query<{ jws: string }>('select jws from echecks where order_id = $1', [orderId]);
  return rows[0]?.jws ?? '';
}

async function oneMessageCarriesAll(): Promise<void> {
  const { body } = await service.order();
  const order = await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  const events = await service.timeline(body.id);
  const presented = events.find(({ type }) => type === 'check_presented');
  expect(presented).toMatchObject({
    actor: 'buyer-ada',
    recipient: 'seller-mill',
    body: { echeck: body.echeck.jws, lines: [{ sku: 'rye-1kg', quantity: 3 }] },
  });
  const { digest } = decodeCheck(body.echeck.jws);
  const instructed = events.find(({ type }) => type === 'distribution_instructed');
  for (const event of [presented, instructed]) {
    const { salt, ...deliverTo } = await service.deps.sealer.open<{ salt: string } & Address>(
      event?.body.deliverToSealed,
    );
    expect(deliverTo).toEqual(orderFor().deliverTo);
    expect(orderDigest({ lines: order.lines, deliverTo, salt })).toBe(digest);
  }
}

interface Address {
  name: string;
  street: string;
  city: string;
  postalCode: string;
  country: string;
}

function decodeCheck(jws: string): { digest: unknown } {
  return { digest: decodeJwt(jws).orderDigest };
}

async function noAddressNoOrder(): Promise<void> {
  const posted = await service.order({ deliverTo: undefined });
  expect(posted).toMatchObject({ status: 422, body: { type: '/problems/invalid-request' } });
  expect(JSON.stringify(posted.body.errors)).toContain('/deliverTo');
}

async function anotherAddressIsRefused(): Promise<void> {
  const { body } = await service.order(MANUAL);
  const deliverTo = { name: 'Eve', street: 'Hehlergasse 1', city: 'Bonn', postalCode: '53111', country: 'DE' };
  await expectRefused(body.id, { echeck: body.echeck.jws, deliverTo }, 'altered');
  expect(await typesOf(body.id)).not.toContain('check_presented');
}

async function incompleteMessageIsRefused(): Promise<void> {
  const { body } = await service.order(MANUAL);
  for (const part of ['echeck', 'lines', 'deliverTo']) {
    const refused = await present(body.id, { echeck: body.echeck.jws, [part]: undefined });
    expect(refused).toMatchObject({ status: 422, body: { type: '/problems/invalid-request' } });
  }
  expect(await typesOf(body.id)).not.toContain('check_presented');
}

async function otherGoodsAreRefused(): Promise<void> {
  const { body } = await service.order(MANUAL);
  const { deliverTo, lines } = orderFor() as { deliverTo: Address; lines: { sku: string; quantity: number }[] };
  const message = { echeck: body.echeck.jws, lines, deliverTo };
  const more = lines.map((line) => ({ ...line, quantity: line.quantity + 1 }));
  await expectRefused(body.id, { ...message, lines: more }, 'altered');
  await expectRefused(body.id, { ...message, lines: [...lines, ...lines] }, 'altered');
  expect((await present(body.id, message)).status).toBe(200);
  const presented = (await service.timeline(body.id)).find(({ type }) => type === 'check_presented');
  expect(presented?.body.lines).toEqual(lines);
}

test(
  'claim 8: works: check, order and address reach the seller in one message, and the distributor unchanged',
  oneMessageCarriesAll,
);
test('claim 8: refuses: an order without an address', noAddressNoOrder);
test('claim 8: refuses: a presentation that leaves out check, lines or address', incompleteMessageIsRefused);
test("claim 8: refuses: a presentation with another address than the check's", anotherAddressIsRefused);
test("claim 8: refuses: a presentation with other goods than the check's", otherGoodsAreRefused);
test('claim 8: knock-out: nobody compares the address with the check', async () => {
  const { steps } = service;
  const uncompared: typeof steps.validateCheck = async (presentation) => {
    const { rows } = await service.owner.query('select deliver_to_sealed from orders where id = $1', [
      presentation.orderId,
    ]);
    return steps.validateCheck({ ...presentation, deliverToSealed: rows[0].deliver_to_sealed });
  };
  await service.changing({ validateCheck: uncompared }, () => expectRed(anotherAddressIsRefused));
});

function indicate(id: string) {
  return service.ask('POST', `/v1/orders/${id}/payment-indication`, { body: {} });
}

async function paymentIsIndicatedOnce(): Promise<void> {
  const { body } = await service.order({ payment: 'manual' });
  await orderWhen(service, body.id, ({ stage }) => stage === 'accepted');
  const first = await indicate(body.id);
  const second = await indicate(body.id);
  expect([first.status, second.status]).toEqual([200, 200]);
  await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
  const indications = (await service.timeline(body.id)).filter(({ type }) => type === 'payment_indicated');
  const { charge } = body;
  expect(indications).toMatchObject([{ actor: 'buyer-ada', recipient: 'seller-mill', body: { charge } }]);
}

async function anotherSumIsRefused(): Promise<void> {
  const { body } = await service.order({ payment: 'manual' });
  await orderWhen(service, body.id, ({ stage }) => stage === 'accepted');
  const amount = { ...body.charge, amount: body.charge.amount + 1 };
  const refused = await service.ask('POST', `/v1/orders/${body.id}/payment-indication`, { body: { amount } });
  expect(refused).toMatchObject({ status: 422, body: { type: '/problems/amount-differs' } });
  expect(await typesOf(body.id)).not.toContain('payment_indicated');
}

async function noIndicationBeforeTheNotice(waitMs = PATIENCE_MS): Promise<void> {
  const { body } = await service.order({ ...MANUAL, payment: 'manual' });
  const indicated = indicate(body.id);
  const answer = await Promise.race([indicated, sleep(waitMs, { status: 'none in time' }, { ref: false })]);
  // Whoever waits for an answer all the same gets it now.
  await present(body.id, { echeck: body.echeck.jws });
  await indicated;
  expect(answer).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition' } });
}

test('claim 4: works: after the notice the indication reaches the seller, once', paymentIsIndicatedOnce);
test('claim 4: refuses: an indication before the notice', () => noIndicationBeforeTheNotice());
test('claim 4: refuses: an indication of another sum than the charge', anotherSumIsRefused);

test('claim 2: refuses: no instruction while the seller has not decided', async () => {
  await sellerDecides(service, 'manual');
  try {
    const { body } = await service.order();
    await orderWhen(service, body.id, ({ stage }) => stage === 'presented');
    expect(await typesOf(body.id)).not.toContain('distribution_instructed');
    await service.ask('POST', `/v1/orders/${body.id}/acceptance`, { as: 'seller-mill' });
    await orderWhen(service, body.id, ({ stage }) => stage === 'scheduled');
    await report(service, body.id, 'e1');
  } finally {
    await sellerDecides(service, 'auto');
  }
});

test('claim 4: knock-out: the order hears an indication at any time', async () => {
  const guard = /order\.paymentIndicated \|\| order\.stage === ['"]accepted['"]/;
  await workerWithout(service, guard, 'true', () => expectRed(() => noIndicationBeforeTheNotice(2_000)));
});
