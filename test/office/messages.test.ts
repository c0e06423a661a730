import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { createSiteKeys, sendMessage, type MessageDeps, type OutgoingMessage } from '../../office/messages/index.ts';
import { stepOffice, type OfficeOrder, type StepOffice } from '../guards/support/step-office.ts';
import { startSite, type SiteServer } from './site-server.ts';

/* One attempt to bring a message to a party's own server: real books, real keys, a real HTTP server on the other side. */

let office: StepOffice;
let site: SiteServer;
let deps: MessageDeps;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());
beforeEach(async () => {
  site = await startSite();
  office.clock.now = Date.now();
  await office.sql('update sellers set site_url = ?', [site.url]);
  await office.sql('update distributors set site_url = ?', [site.url]);
  const { orm, signing, sealer } = office;
  const siteKeys = createSiteKeys({ cooldownMs: 0 });
  deps = { orm, signing, sealer, siteKeys, clock: () => new Date(office.clock.now), privateSiteAllowed: () => true };
});
afterEach(() => site.close());

const TO_MILL = { to: 'seller-mill', personalOf: 'buyer-ada' } as const;

function completed(order: OfficeOrder): OutgoingMessage {
  const body = { deliveredAt: new Date(office.clock.now).toISOString() };
  return { ...TO_MILL, orderId: order.id, kind: 'completed', from: order.input.distributorId, body };
}

const rowOf = async (id: string) => (await office.sql('select * from party_messages where id = ?', [id]))[0] ?? {};

describe('a message', () => {
  test('says who sends what to whom of which order, and its receipt is kept', async () => {
    const order = await office.order();
    site.receipts('received');
    const receipt = await sendMessage(deps, completed(order));
    expect(receipt).toMatchObject({ messageId: `${order.id}:completed`, answer: { verdict: 'received' } });
    const [message = ''] = site.received;
    expect(decodeProtectedHeader(message)).toMatchObject({ alg: 'EdDSA', typ: 'party-message+jwt' });
    expect(decodeJwt(message)).toEqual({
      iss: 'countersign-test',
      aud: 'seller-mill',
      sub: order.id,
      jti: `${order.id}:completed`,
      iat: Math.floor(office.clock.now / 1000),
      kind: 'completed',
      from: 'distributor-swift',
      body: { deliveredAt: new Date(office.clock.now).toISOString() },
    });
    expect(await rowOf(receipt.messageId)).toMatchObject({ attempts: 1, verdict: 'received', fault: null });
  });

  test('that has its receipt is not sent again', async () => {
    const order = await office.order();
    site.receipts('received');
    const first = await sendMessage(deps, completed(order));
    expect(await sendMessage(deps, completed(order))).toEqual(first);
    expect(site.received).toHaveLength(1);
  });
});
