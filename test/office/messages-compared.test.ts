import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Drift } from '../../domain/reconciliation.ts';
import { createSiteKeys, sendMessage, type MessageDeps, type OutgoingMessage } from '../../office/messages/index.ts';
import { booksDrift } from '../../office/reconciliation/books.ts';
import { textDrift } from '../../office/reconciliation/messages.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { CHARGE, stepOffice, type OfficeOrder, type StepOffice } from '../guards/support/step-office.ts';
import { receiptClaims, startSite, type Claims, type SiteServer } from './site-server.ts';

// Messages against their orders, and against what was sent and signed: each is broken on purpose, and found exactly once.

const ADDRESS = { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
let office: StepOffice;
let owner: Orm;
let site: SiteServer;
let deps: MessageDeps;
let done: OfficeOrder;
let refused: OfficeOrder;

beforeAll(async () => {
  office = await stepOffice();
  owner = await connectOrm({ url: office.url, poolMax: 2 });
  site = await startSite();
  await office.sql('update sellers set site_url = ?', [site.url]);
  const { orm, signing, sealer } = office;
  const clock = () => new Date();
  deps = { orm, signing, sealer, clock, siteKeys: createSiteKeys(), privateSiteAllowed: () => true };
  done = await completedOrder();
  refused = await office.order();
  await refused.until('validation');
  site.receipts('refused', { reason: 'sold out' });
  await sendMessage(deps, presentationOf(refused));
});
afterAll(async () => {
  await site.close();
  await owner.close();
  await office.close();
});

const toMill = ({ id: orderId, input }: OfficeOrder) =>
  ({ orderId, to: 'seller-mill', from: input.buyerId, personalOf: input.buyerId }) as const;

function presentationOf(order: OfficeOrder): OutgoingMessage {
  const body = { echeck: 'e30.e30.e30', lines: order.input.lines, deliverTo: ADDRESS, charge: CHARGE };
  return { ...toMill(order), kind: 'presentation', body };
}

async function completedOrder(): Promise<OfficeOrder> {
  const order = await office.order();
  await order.until('validation');
  const goods = { lines: order.input.lines, deliverTo: ADDRESS };
  const instruction = await site.sign({ aud: 'distributor-swift', ...goods }, 'instruction+jwt');
  site.receipts('promised', { instruction });
  await sendMessage(deps, presentationOf(order));
  await order.accept();
  await order.schedule();
  await order.deliver();
  await order.notifyOffice();
  site.receipts('received');
  await sendMessage(deps, { ...toMill(order), kind: 'completed', body: { deliveredAt: new Date().toISOString() } });
  await order.settle();
  await sendMessage(deps, { ...toMill(order), kind: 'paid', body: { number: 'check', amount: CHARGE } });
  await order.finalise();
  await office.sql("update orders set stage = 'completed' where id = ?", [order.id]);
  return order;
}

type Found = Pick<Drift, 'kind' | 'orderId'>;

/** Breaks the messages and compares them, in a transaction that is then undone. */
async function driftAfter(sql: string, values: readonly string[] = []): Promise<Found[]> {
  const vandal = owner.em.fork();
  await vandal.begin();
  try {
    await vandal.execute('set local session_replication_role = replica');
    await vandal.execute(sql, [...values]);
    const drifts = [...(await booksDrift(vandal)), ...(await textDrift(vandal, new Date(), office.sealer))];
    for (const { whatToDo, detail } of drifts) expect([whatToDo, detail]).not.toContain('');
    expect(JSON.stringify(drifts)).not.toContain('Hauptstr');
    return drifts.map(({ kind, orderId }) => ({ kind, orderId }));
  } finally {
    await vandal.rollback();
  }
}

test('messages that nobody has touched agree with everything', async () => {
  expect(await driftAfter('select 1')).toEqual([]);
});

describe('what is broken on purpose is found exactly once:', () => {
  const of = (kind: string, order = done): string => `id = '${order.id}:${kind}'`;
  const lost = (kind: string) =>
    `update party_messages set verdict = null, receipt_sealed = null, receipt_digest = null, receipt_key = null, receipted_at = null where ${of(kind)}`;

  test.each<[string, () => string, Drift['kind'], () => OfficeOrder]>([
    ['a receipt of the completion lost', () => lost('completed'), 'completed-unreceipted', () => done],
    [
      'a notice of the payment lost',
      () => `delete from party_messages where ${of('paid')}`,
      'completed-unreceipted',
      () => done,
    ],
    [
      'the question for the validation lost',
      () => `delete from order_events where order_id = '${done.id}' and key = 'check_validated'`,
      'promise-unvalidated',
      () => done,
    ],
    [
      'a promise that the seller refused',
      () =>
        `insert into order_events (order_id, key, type, actor, body) values ('${refused.id}', 'distribution_promised', 'distribution_promised', 'seller-mill', '{}')`,
      'promise-differs',
      () => refused,
    ],
    [
      'another digest',
      () => `update party_messages set digest = 'x' where ${of('completed')}`,
      'message-altered',
      () => done,
    ],
    [
      'another message',
      () =>
        `update party_messages m set message_sealed = o.message_sealed from party_messages o where m.${of('completed')} and o.${of('paid')}`,
      'message-altered',
      () => done,
    ],
    [
      'a message that cannot be opened',
      () => `update party_messages set message_sealed = 'x' where ${of('completed')}`,
      'message-altered',
      () => done,
    ],
    [
      'another receipt',
      () =>
        `update party_messages m set receipt_sealed = o.receipt_sealed from party_messages o where m.${of('completed')} and o.${of('paid')}`,
      'receipt-altered',
      () => done,
    ],
    [
      'another receipt with its digest',
      () =>
        `update party_messages m set receipt_sealed = o.receipt_sealed, receipt_digest = o.receipt_digest from party_messages o where m.${of('completed')} and o.${of('paid')}`,
      'receipt-altered',
      () => done,
    ],
    [
      'another key',
      () =>
        `update party_messages set receipt_key = jsonb_set(receipt_key, '{x}', '"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"') where ${of('completed')}`,
      'receipt-altered',
      () => done,
    ],
    [
      'another verdict',
      () => `update party_messages set verdict = 'later' where ${of('presentation', refused)}`,
      'receipt-altered',
      () => refused,
    ],
  ])('%s', async (_what, sql, kind, order) => {
    expect(await driftAfter(sql())).toEqual([{ kind, orderId: order().id }]);
  });

  test('a receipt that somebody with the key of the service made', async () => {
    const [row] = await office.sql(`select message_sealed from party_messages where ${of('completed')}`);
    const message = await office.sealer.open<string>(String(row?.['message_sealed']));
    const claims: Claims = { ...receiptClaims(message, 'received'), iat: 1 };
    const { jws } = await office.signing.sign('party-receipt+jwt', claims);
    const sealed = await office.sealer.seal('buyer-ada', jws);
    const found = await driftAfter(`update party_messages set receipt_sealed = ? where ${of('completed')}`, [sealed]);
    expect(found).toEqual([{ kind: 'receipt-altered', orderId: done.id }]);
  });

  test('a message of no order', async () => {
    const orderId = 'order-00000000000000000000000000';
    const found = await driftAfter(
      `insert into party_messages (id, order_id, kind, sender, recipient, message_sealed, digest, kid, sent_at)
       select '${orderId}:ended', '${orderId}', 'ended', sender, recipient, message_sealed, digest, kid, sent_at
       from party_messages where ${of('completed')}`,
    );
    expect(found).toEqual([{ kind: 'message-without-order', orderId }]);
  });
});

test('what was sealed for a buyer who was forgotten is no drift', async () => {
  await office.sealer.forget('buyer-ada');
  expect(await driftAfter('select 1')).toEqual([]);
});
