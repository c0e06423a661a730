import { stepOffice, type OfficeOrder, type StepOffice } from './support/step-office.ts';

/* The payment indication of a buyer who pays by hand: only of an accepted order, and once. */

let office: StepOffice;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());

async function acceptedByHand(): Promise<OfficeOrder> {
  const order = await office.order();
  await order.until('issue');
  expect(await order.present({ sellerAgent: 'auto', paymentAgent: 'manual' })).toEqual({ kind: 'valid' });
  return order;
}

const indicate = ({ id, input: { buyerId, sellerId } }: OfficeOrder) =>
  office.steps.indicatePayment({ orderId: id, buyerId, sellerId });

test('it is on record once, however often the buyer says it', async () => {
  const order = await acceptedByHand();
  expect(await indicate(order)).toEqual({ kind: 'done' });
  expect(await indicate(order)).toEqual({ kind: 'done' });
  const { events } = await order.books();
  expect(events.filter((type) => type === 'payment_indicated')).toHaveLength(1);
});

test('an order whose ending is decided answers with it, and nothing is indicated', async () => {
  const order = await acceptedByHand();
  await office.steps.decideEnding(order.ended('cancelled'));
  expect(await indicate(order)).toMatchObject({ kind: 'decided', ending: { stage: 'cancelled' } });
  expect((await order.books()).events).not.toContain('payment_indicated');
});
