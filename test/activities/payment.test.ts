import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPaymentSteps } from '../../activities/payment.ts';
import { createEventRecorder } from '../../activities/runtime/event-recorder.ts';
import { readTimeline } from '../../office/orders/timeline.ts';
import {
  accept,
  checkOffice,
  PARTIES,
  presented,
  type CheckOffice,
  type IssuedCheck,
} from '../office/checks-support.ts';

let office: CheckOffice;
beforeAll(async () => {
  office = await checkOffice();
});
afterAll(() => office.close());

function indicate({ orm }: CheckOffice, { orderId }: IssuedCheck) {
  return createPaymentSteps({ recorder: createEventRecorder(orm) }).indicatePayment({ orderId, ...PARTIES });
}

test('the buyer indicates the payment of an accepted order, once (claim 4)', async () => {
  const check = await presented(office);
  await accept(office, check);
  expect(await indicate(office, check)).toEqual({ kind: 'done' });
  expect(await indicate(office, check)).toEqual({ kind: 'done' });
  const events = await readTimeline(office.orm.em.fork(), check.orderId);
  expect(events.filter(({ type }) => type === 'payment_indicated')).toMatchObject([
    { actor: 'buyer-ada', recipient: 'seller-mill' },
  ]);
});

test('before the notice of acceptance no payment is indicated', async () => {
  const check = await presented(office);
  await expect(indicate(office, check)).rejects.toMatchObject({ name: 'RecordBehind' });
  const events = await readTimeline(office.orm.em.fork(), check.orderId);
  expect(events.map(({ type }) => type)).not.toContain('payment_indicated');
});
