import { wednesdayNoon } from '../support/service-date.ts';
import { stepOffice, CHARGE, DAY_MS, type OfficeOrder, type StepOffice } from './support/step-office.ts';

/* What dispatch, completion and settlement refuse, and what a repetition of each leaves alone. */

let office: StepOffice;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());

async function order(until: Parameters<OfficeOrder['until']>[0], change = {}): Promise<OfficeOrder> {
  const made = await office.order(change);
  await made.until(until);
  return made;
}

describe('dispatch', () => {
  test('a repeated schedule returns the date that is on record, whatever it is asked for', async () => {
    const scheduled = await order('acceptance');
    const first = await scheduled.schedule();
    if (first.kind !== 'scheduled') throw new Error(`not scheduled: ${JSON.stringify(first)}`);
    const books = await scheduled.books();
    expect(books).toMatchObject({ stage: 'scheduled' });
    expect(await scheduled.schedule(new Date(office.clock.now + 40 * DAY_MS).toISOString())).toEqual(first);
    expect(await scheduled.books()).toEqual(books);
  });

  test('an order that is not accepted yet is not scheduled: the step waits, and says why', async () => {
    const early = await order('validation');
    await expect(early.schedule()).rejects.toMatchObject({ type: 'RecordBehind' });
    expect(await early.books()).toMatchObject({ stage: 'presented' });
  });

  test('a date that was fixed two weeks ago is fixed again, though the promise is on record only now', async () => {
    const { now } = office.clock;
    office.clock.now = now - 14 * DAY_MS;
    const lost = await order('acceptance');
    const deliverAt = new Date(Date.parse(wednesdayNoon()) - 14 * DAY_MS).toISOString();
    const answer = await lost.schedule(deliverAt);
    office.clock.now = now;
    expect(answer).toEqual({ kind: 'scheduled', deliverAt });
  });

  test('what the terms make impossible changes nothing', async () => {
    const [row] = await office.sql("select terms from distributors where id = 'distributor-swift'");
    await office.sql("update distributors set terms = jsonb_set(terms, '{countries}', '[\"FR\"]')");
    const abroad = await order('acceptance');
    const answer = await abroad.schedule();
    await office.sql('update distributors set terms = ?::jsonb', [JSON.stringify(row?.terms)]);
    expect(answer).toMatchObject({ kind: 'impossible', reason: 'out_of_area' });
    expect(await abroad.books()).toMatchObject({ stage: 'accepted' });
  });

  test('what is not on record any more cannot be planned, and the step says so', async () => {
    const accepted = await order('acceptance');
    const lines = JSON.stringify([{ sku: 'gold-1kg', quantity: 1 }]);
    for (const [change, value] of [
      ['lines = ?::jsonb', lines],
      ['distributor_id = ?', 'distributor-nobody'],
    ] as const) {
      await office.sql(`update orders set ${change} where id = ?`, [value, accepted.id]);
      await expect(accepted.schedule()).rejects.toThrow(/its distributor or its commodities are not on record/);
    }
    expect(await accepted.books()).toMatchObject({ stage: 'accepted' });
  });

  test("only the seller's own goods are weighed", async () => {
    const accepted = await order('acceptance');
    await office.sql(
      `insert into commodities (seller_id, sku, name, price_amount, currency, weight_grams, handling_hours)
       values ('seller-forge', 'rye-1kg', 'Rye by the ship', 1, 'EUR', 900000, 2)`,
    );
    expect(await accepted.schedule()).toMatchObject({ kind: 'scheduled' });
  });

  test('an instruction is sent once', async () => {
    const accepted = await order('acceptance');
    const { sellerId, distributorId, lines, deliverToSealed } = accepted.input;
    const instruction = { orderId: accepted.id, sellerId, distributorId, lines, deliverToSealed };
    expect(await office.steps.instructDistribution(instruction)).toEqual({ kind: 'done' });
    expect(await office.steps.instructDistribution(instruction)).toEqual({ kind: 'done' });
    await accepted.schedule();
    const { events } = await accepted.books();
    expect(events.filter((type) => type === 'distribution_instructed')).toHaveLength(1);
  });

  test('a decided order is neither instructed, scheduled nor planned again', async () => {
    const accepted = await order('acceptance');
    await office.steps.decideEnding(accepted.ended('cancelled'));
    const books = await accepted.books();
    const { sellerId, distributorId, lines, deliverToSealed } = accepted.input;
    const instruction = { orderId: accepted.id, sellerId, distributorId, lines, deliverToSealed };
    const decided = { kind: 'decided', ending: { stage: 'cancelled' } };
    expect(await office.steps.instructDistribution(instruction)).toMatchObject(decided);
    expect(await accepted.schedule()).toMatchObject(decided);
    expect(await office.steps.rescheduleDispatch({ instruction, attempt: 1 })).toMatchObject(decided);
    expect(await accepted.books()).toEqual(books);
  });

  test('each failed attempt is planned once', async () => {
    const scheduled = await order('dispatch');
    const { sellerId, distributorId, lines, deliverToSealed } = scheduled.input;
    const instruction = { orderId: scheduled.id, sellerId, distributorId, lines, deliverToSealed };
    const first = await office.steps.rescheduleDispatch({ instruction, attempt: 1 });
    office.clock.now += 5 * DAY_MS;
    const repeated = await office.steps.rescheduleDispatch({ instruction, attempt: 1 });
    const second = await office.steps.rescheduleDispatch({ instruction, attempt: 2 });
    office.clock.now -= 5 * DAY_MS;
    expect(repeated).toEqual(first);
    expect(second).not.toEqual(first);
    expect((await scheduled.books()).events.filter((type) => type === 'dispatch_scheduled')).toHaveLength(3);
  });

  test('each move of the date is made once, within the terms', async () => {
    const scheduled = await order('dispatch');
    const { sellerId, distributorId, lines, deliverToSealed } = scheduled.input;
    const instruction = { orderId: scheduled.id, sellerId, distributorId, lines, deliverToSealed };
    const change = (deliverAt: string, key: string) => office.steps.changeDate({ instruction, deliverAt, change: key });
    const [noon, later] = [wednesdayNoon(0, office.clock.now), wednesdayNoon(1, office.clock.now)];
    expect(await change(noon, 'one')).toEqual({ kind: 'scheduled', deliverAt: noon });
    expect(await change(later, 'two')).toEqual({ kind: 'scheduled', deliverAt: later });
    expect(await change(noon, 'one')).toEqual({ kind: 'scheduled', deliverAt: later });
    expect(await change(noon, 'three')).toEqual({ kind: 'scheduled', deliverAt: noon });
    const books = await scheduled.books();
    expect(await change(new Date(office.clock.now - DAY_MS).toISOString(), 'four')).toMatchObject({
      kind: 'outside_service',
      nextPossible: expect.any(String),
    });
    expect(await scheduled.books()).toEqual(books);
    expect(books.events.filter((type) => type === 'dispatch_scheduled')).toHaveLength(4);
  });
});

describe('completion', () => {
  test('a repeated completion is one completion, with who received the goods', async () => {
    const delivered = await order('dispatch');
    expect(await delivered.deliver('sealed name')).toEqual({ kind: 'done' });
    const books = await delivered.books();
    expect(books).toMatchObject({ stage: 'delivered' });
    expect(books.events.slice(-2)).toEqual(['distribution_completed', 'completion_notified_seller']);
    expect(await delivered.deliver('sealed name')).toEqual({ kind: 'done' });
    expect(await delivered.books()).toEqual(books);
    const [completed, notified] = await office
      .sql('select actor, recipient, body from order_events where order_id = ? order by id desc limit 2', [
        delivered.id,
      ])
      .then((rows) => rows.toReversed());
    expect(completed).toMatchObject({
      actor: 'distributor-swift',
      body: { eventId: 'e1', receivedBySealed: 'sealed name' },
    });
    expect(notified).toMatchObject({
      recipient: 'seller-mill',
      body: { eventId: 'e1', acknowledgedBy: 'seller-mill' },
    });
  });

  test('the completion of an order whose end is decided is told so', async () => {
    const scheduled = await order('dispatch');
    await office.steps.decideEnding(scheduled.ended('cancelled'));
    expect(await scheduled.deliver()).toMatchObject({ kind: 'decided', ending: { stage: 'cancelled' } });
    expect(await scheduled.books()).toMatchObject({ stage: 'scheduled' });
  });

  test('the completion of an order that was never scheduled waits: the record is behind', async () => {
    const accepted = await order('acceptance');
    await expect(accepted.deliver()).rejects.toMatchObject({ type: 'RecordBehind' });
    expect(await accepted.books()).toMatchObject({ stage: 'accepted' });
  });
});

test('the check office is told of the completion once, and by which confirmation', async () => {
  const delivered = await order('delivery');
  const { distributorId, sellerId } = delivered.input;
  const [check] = await office.sql('select number from echecks where order_id = ?', [delivered.id]);
  const checkNumber = String(check?.number);
  const confirmation = {
    eventId: 'e1',
    kind: 'delivered' as const,
    occurredAt: new Date(office.clock.now).toISOString(),
  };
  const notice = { orderId: delivered.id, sellerId, distributorId, checkNumber, confirmation };
  await office.steps.notifyOfficeOfCompletion(notice);
  await office.steps.notifyOfficeOfCompletion(notice);
  const told = await office.sql(
    "select actor, recipient, body from order_events where order_id = ? and type = 'completion_notified_office'",
    [delivered.id],
  );
  expect(told).toEqual([{ actor: distributorId, recipient: 'check-office', body: { eventId: 'e1', checkNumber } }]);
});

describe('settlement', () => {
  const refused = { kind: 'refused', detail: expect.stringMatching(/does not name this check/) };

  test('pays once, from the check, however often it is demanded', async () => {
    const [before, seller] = [await office.accountOf('buyer-ada'), await office.accountOf('seller-mill')];
    const delivered = await order('delivery');
    expect(await delivered.settle()).toEqual({ kind: 'settled' });
    const books = await delivered.books();
    expect(books).toMatchObject({
      stage: 'completed',
      payment: 'settled',
      check: 'final',
      transfers: ['hold', 'capture'],
    });
    expect(books.events.slice(-4)).toEqual([
      'payment_demanded',
      'payment_settled',
      'check_finalised',
      'order_completed',
    ]);
    expect(await delivered.settle()).toEqual({ kind: 'settled' });
    expect(await delivered.books()).toEqual(books);
    expect(await office.accountOf('buyer-ada')).toEqual({ ...before, balance: before.balance - CHARGE.amount });
    expect(await office.accountOf('seller-mill')).toEqual({ ...seller, balance: seller.balance + CHARGE.amount });
  });

  test('says who demanded what, and who was paid by whom', async () => {
    const delivered = await order('settlement');
    const [check] = await office.sql('select number, jws from echecks where order_id = ?', [delivered.id]);
    const events = await office.sql(
      "select type, actor, recipient, body from order_events where order_id = ? and type like 'payment_%' order by id",
      [delivered.id],
    );
    expect(events.slice(-2)).toEqual([
      {
        type: 'payment_demanded',
        actor: 'seller-mill',
        recipient: 'check-office',
        body: { echeck: check, seller: { id: 'seller-mill' }, charge: CHARGE },
      },
      {
        type: 'payment_settled',
        actor: 'check-office',
        recipient: 'seller-mill',
        body: { number: check?.number, amount: CHARGE, from: 'buyer-ada', to: 'seller-mill' },
      },
    ]);
  });

  test('another seller, another check and another token are refused; nothing is posted', async () => {
    const [delivered, other] = [await order('delivery'), await order('delivery')];
    const [row] = await office.sql('select number, jws from echecks where order_id = ?', [delivered.id]);
    const [foreign] = await office.sql('select number, jws from echecks where order_id = ?', [other.id]);
    const [number, jws] = [String(row?.number), String(row?.jws)];
    const books = await delivered.books();
    expect(await delivered.settle({ sellerId: 'seller-forge' })).toEqual(refused);
    expect(await delivered.settle({ echeck: { number: String(foreign?.number), jws } })).toEqual(refused);
    expect(await delivered.settle({ echeck: { number, jws: String(foreign?.jws) } })).toEqual(refused);
    expect(await delivered.settle({ orderId: other.id })).toEqual(refused);
    expect(await delivered.books()).toEqual(books);
    expect(await other.books()).toMatchObject({ payment: 'held', transfers: ['hold'] });
  });

  test('a check that nobody accepted pays nobody', async () => {
    const presented = await order('validation');
    expect(await presented.settle()).toMatchObject({ kind: 'refused', detail: 'The check is presented.' });
    expect(await presented.books()).toMatchObject({ stage: 'presented', payment: 'held', transfers: ['hold'] });
  });

  test('an order whose end is decided is not paid any more', async () => {
    const accepted = await order('acceptance');
    await office.steps.decideEnding(accepted.ended('cancelled'));
    expect(await accepted.settle()).toMatchObject({ kind: 'decided', ending: { stage: 'cancelled' } });
    expect(await accepted.books()).toMatchObject({ stage: 'accepted', payment: 'held', transfers: ['hold'] });
  });

  test('what was paid by a demand that left it open is completed by one that does not, and not paid again', async () => {
    const open = await order('delivery');
    expect(await open.settle({ staysOpen: true })).toEqual({ kind: 'settled' });
    const books = await open.books();
    expect(books).toMatchObject({ stage: 'delivered', check: 'cleared' });
    expect(await open.settle({ staysOpen: true })).toEqual({ kind: 'settled' });
    expect(await open.books()).toEqual(books);
    expect(await open.settle()).toEqual({ kind: 'settled' });
    expect(await open.books()).toMatchObject({ stage: 'completed', check: 'final', transfers: books.transfers });
  });

  test('what was paid at the notice becomes final with the delivery, and is not paid again', async () => {
    const notice = await order('acceptance', { settleOn: 'notice' });
    expect(await notice.settle()).toEqual({ kind: 'settled' });
    expect(await notice.books()).toMatchObject({ stage: 'accepted', payment: 'settled', check: 'cleared' });
    await notice.schedule();
    await notice.deliver();
    expect(await notice.finalise()).toEqual({ kind: 'final' });
    const books = await notice.books();
    expect(books).toMatchObject({ stage: 'completed', check: 'final', transfers: ['hold', 'capture'] });
    expect(await notice.finalise()).toEqual({ kind: 'final' });
    expect(await notice.settle()).toEqual({ kind: 'settled' });
    expect(await notice.books()).toEqual(books);
  });

  test('all of it given back on the way: the delivered order is refunded, and a new demand moves nothing', async () => {
    const notice = await order('acceptance', { settleOn: 'notice' });
    await notice.settle();
    await notice.schedule();
    expect(await office.steps.refundIfSettled(notice.ended('cancelled'))).toBe('refunded');
    // On its way still: a demand is refused, and the order does not end by it.
    expect(await notice.settle()).toEqual({ kind: 'refused', detail: 'The check is refunded.' });
    await notice.deliver();
    expect(await notice.finalise()).toEqual({ kind: 'refunded' });
    const books = await notice.books();
    expect(books).toMatchObject({ stage: 'refunded', payment: 'refunded', check: 'refunded' });
    expect(books.transfers).toEqual(['hold', 'capture', 'refund']);
    expect(await notice.settle()).toEqual({ kind: 'refunded' });
    expect(await notice.books()).toEqual(books);
  });
});
