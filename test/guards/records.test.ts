import { stepOffice, type OfficeOrder, type StepOffice } from './support/step-office.ts';

/* What is on record of an order beside its steps: notes for people, reports, and what a lost story is told. */

let office: StepOffice;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());

const ATTENTION = {
  step: 'issueCheck',
  reason: 'DatabaseSlow',
  since: '2026-01-01T00:00:00.000Z',
  waitingOn: 'check-office',
};
const note = (key: string) => ({ key, type: 'attention_raised', actor: 'service', body: {} }) as const;

const attentionOf = async ({ id }: OfficeOrder): Promise<unknown> =>
  (await office.sql('select attention from orders where id = ?', [id]))[0]?.attention;

test('an order that nobody has recorded yet can need a person all the same', async () => {
  const order = await office.order();
  const { order: requested } = order.ended('cancelled');
  await office.steps.noteAttention({ order: requested, attention: ATTENTION, event: note('a1'), more: [note('a2')] });
  expect(await attentionOf(order)).toEqual(ATTENTION);
  expect((await order.books()).events).toEqual(['order_requested', 'attention_raised', 'attention_raised']);
  await office.steps.noteAttention({ order: requested, attention: null, event: note('a3') });
  expect(await attentionOf(order)).toBeNull();
});

test('a note that comes after the end is an event, and asks for nobody', async () => {
  const order = await office.order();
  const ended = order.ended('cancelled');
  await office.steps.closeOrder(ended);
  await office.steps.noteAttention({ order: ended.order, attention: ATTENTION, event: note('late') });
  expect(await attentionOf(order)).toBeNull();
  expect((await order.books()).events.at(-1)).toBe('attention_raised');
});

test('what needs a person before the end needs nobody after it', async () => {
  const order = await office.order();
  const ended = order.ended('cancelled');
  await office.steps.noteAttention({ order: ended.order, attention: ATTENTION, event: note('open') });
  await office.steps.closeOrder(ended);
  expect(await attentionOf(order)).toBeNull();
});

const report = (eventId: string, kind: 'in_transit' | 'delivered' | 'lost') => ({
  eventId,
  kind,
  occurredAt: new Date(office.clock.now).toISOString(),
});

test('reports move a dispatched order, and are on record whatever has become of it', async () => {
  const order = await office.order();
  const { distributorId } = order.input;
  await order.until('dispatch');
  const reports = [report('r1', 'in_transit')];
  await office.steps.recordDistribution({ orderId: order.id, distributorId, reports, status: 'in_transit' });
  expect(await order.books()).toMatchObject({ stage: 'in_distribution' });
  await office.steps.closeOrder(order.ended('cancelled'));
  const late = [report('r2', 'delivered')];
  await office.steps.recordDistribution({ orderId: order.id, distributorId, reports: late, status: 'delivered' });
  await office.steps.recordDistribution({ orderId: order.id, distributorId, reports: late, status: 'delivered' });
  expect(await order.books()).toMatchObject({ stage: 'cancelled' });
  expect(await attentionOf(order)).toMatchObject({ reason: 'ReportAfterEnd', waitingOn: 'operator' });
  const rows = await office.sql('select event_id from distribution_reports where order_id = ? order by id', [order.id]);
  expect(rows.map(({ event_id }) => event_id)).toEqual(['r1', 'r2']);
  // An operator has to see it: no later note takes it away.
  const { order: requested } = order.ended('cancelled');
  await office.steps.noteAttention({ order: requested, attention: null, event: note('cleared') });
  expect(await attentionOf(order)).toMatchObject({ reason: 'ReportAfterEnd' });
});

test('a lost story is told all that is on record', async () => {
  const order = await office.order({ settleOn: 'notice', presentation: 'manual' });
  await order.until('acceptance');
  await order.settle();
  await order.schedule();
  const { distributorId } = order.input;
  const reports = [report('r1', 'in_transit')];
  await office.steps.recordDistribution({ orderId: order.id, distributorId, reports, status: 'in_transit' });
  const agentsNow = (agent: string) =>
    office.sql(`update sellers set agent = '${agent}' where id = 'seller-mill';
      update accounts set agent = '${agent}' where id = 'buyer-ada'`);
  await agentsNow('manual');
  const recalled = await office.steps.recallOrder(order.input);
  await agentsNow('auto');
  expect(recalled).toMatchObject({
    order: { id: order.id, stage: 'in_distribution', echeck: { status: 'cleared' } },
    request: { terminalId: 'terminal-ada', presentation: 'manual', orderDigest: order.input.orderDigest },
    ending: null,
    agents: { buyer: 'manual', seller: 'manual', distributor: 'auto' },
    paid: true,
    paymentIndicated: true,
    reports,
  });
  await office.steps.decideEnding(order.ended('cancelled'));
  expect(await office.steps.recallOrder(order.input)).toMatchObject({ ending: { stage: 'refunded' } });
});

test('every event of an order has a key of its own, by which a repetition is known', async () => {
  const order = await office.order();
  await order.until('delivery');
  const { distributorId } = order.input;
  const [check] = await office.sql('select number from echecks where order_id = ?', [order.id]);
  const confirmation = report('e1', 'delivered');
  await office.steps.notifyOfficeOfCompletion({
    orderId: order.id,
    sellerId: 'seller-mill',
    distributorId,
    checkNumber: String(check?.number),
    confirmation,
  });
  await order.settle();
  const events = await office.sql('select key, type from order_events where order_id = ? order by id', [order.id]);
  expect(events.map(({ key }) => key)).toEqual([
    'order_requested',
    'charge_obtained',
    'credit_judged',
    'seller_verified',
    'distributor_verified',
    'check_issued',
    'check_presented',
    'check_validated',
    'distribution_promised',
    'payment_indicated',
    'distribution_instructed',
    'dispatch_scheduled',
    'distribution_completed',
    'completion_notified_seller',
    'completion_notified_office',
    'payment_demanded',
    'payment_settled',
    'check_finalised',
    'order_completed',
  ]);
  expect(events.map(({ type }) => type)).toEqual(events.map(({ key }) => key));
  const transfers = await office.sql('select key from transfers where order_id = ? order by id', [order.id]);
  expect(transfers.map(({ key }) => key)).toEqual([`${order.id}:issue`, `${order.id}:settle`]);
});

test('a lost workflow of an order that only has its check is told no more than that', async () => {
  const order = await office.order();
  await order.until('issue');
  expect(await office.steps.recallOrder(order.input)).toMatchObject({
    order: { stage: 'check_issued', payment: { status: 'held' } },
    paid: false,
    paymentIndicated: false,
    ending: null,
    reports: [],
  });
});

test('an order that was never recorded cannot be recalled', async () => {
  const order = await office.order();
  await expect(office.steps.recallOrder(order.input)).rejects.toThrow(`order ${order.id} is not on record`);
});

test.each([
  ['has its check', (order: OfficeOrder) => order.until('issue')],
  ['is decided', (order: OfficeOrder) => office.steps.decideEnding(order.ended('cancelled'))],
  ['has ended', (order: OfficeOrder) => office.steps.closeOrder(order.ended('cancelled'))],
])('an order that %s is not priced again', async (_what, make) => {
  const order = await office.order();
  expect(await office.steps.priceOrder(order.input)).toMatchObject({ kind: 'priced' });
  await make(order);
  expect(await office.steps.priceOrder(order.input)).toEqual({ kind: 'recorded' });
});

test('the payment is indicated once, of an accepted order, and not of a decided one', async () => {
  const order = await office.order();
  await order.until('validation');
  const parties = { ...order.input, paymentAgent: 'manual' as const };
  await expect(office.steps.indicatePayment(parties)).rejects.toMatchObject({ type: 'RecordBehind' });
  await office.steps.acceptOrder(parties);
  expect(await office.steps.indicatePayment(parties)).toEqual({ kind: 'done' });
  expect(await office.steps.indicatePayment(parties)).toEqual({ kind: 'done' });
  expect((await order.books()).events.filter((type) => type === 'payment_indicated')).toHaveLength(1);
  await office.steps.decideEnding(order.ended('cancelled'));
  expect(await office.steps.indicatePayment(parties)).toMatchObject({ kind: 'decided' });
});
