import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import {
  createSiteKeys,
  sendMessage,
  TransmissionError,
  type MessageDeps,
  type OutgoingMessage,
} from '../../office/messages/index.ts';
import { stepOffice, type OfficeOrder, type StepOffice } from '../guards/support/step-office.ts';
import { receiptClaims, reply, startSite, type SiteServer } from './site-server.ts';

/* One message to a party's own server: real books, real keys, a real HTTP server on the other side. */

let office: StepOffice;
let site: SiteServer;
let deps: MessageDeps;
let order: OfficeOrder;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());
beforeEach(async () => {
  site = await startSite();
  office.clock.now = Date.now();
  await office.sql('update sellers set site_url = ?', [site.url]);
  const { orm, signing, sealer } = office;
  const siteKeys = createSiteKeys({ cooldownMs: 0 });
  deps = { orm, signing, sealer, siteKeys, clock: () => new Date(office.clock.now), privateSiteAllowed: () => true };
  order = await office.order();
});
afterEach(() => site.close());

function completed(of = order): OutgoingMessage {
  const body = { deliveredAt: new Date(office.clock.now).toISOString() };
  const parties = { to: 'seller-mill', from: of.input.distributorId, personalOf: 'buyer-ada' };
  return { ...parties, orderId: of.id, kind: 'completed', body };
}

const send = () => sendMessage(deps, completed());
const idOf = (of = order): string => `${of.id}:completed`;
const rowOf = async (id = idOf()) => (await office.sql('select * from party_messages where id = ?', [id]))[0] ?? {};
const fails = (fault: string, detail: string) => expect(send()).rejects.toMatchObject({ name: fault, message: detail });

describe('a message', () => {
  test('says who sends what to whom of which order, and its receipt is kept', async () => {
    site.receipts('received');
    const receipt = await send();
    expect(receipt).toEqual({
      messageId: idOf(),
      answer: { verdict: 'received' },
      at: new Date(office.clock.now).toISOString(),
    });
    const [message = ''] = site.received;
    expect(decodeProtectedHeader(message)).toEqual({
      alg: 'EdDSA',
      typ: 'party-message+jwt',
      kid: (await office.keyRing.signingKey()).kid,
    });
    expect(decodeJwt(message)).toEqual({
      iss: 'countersign-test',
      aud: 'seller-mill',
      sub: order.id,
      jti: idOf(),
      iat: Math.floor(office.clock.now / 1000),
      kind: 'completed',
      from: 'distributor-swift',
      body: { deliveredAt: new Date(office.clock.now).toISOString() },
    });
    expect(await rowOf()).toMatchObject({
      attempts: 1,
      verdict: 'received',
      fault: null,
      digest: createHash('sha256').update(message).digest('base64url'),
      receipt_key: { kty: 'OKP', crv: 'Ed25519', x: site.key.jwk.x, kid: 'site-1' },
    });
  });

  test('goes by POST as application/jose, without anything of the office but its signature', async () => {
    let headers = {};
    site.answer = async (message, response, request) => {
      headers = request.headers;
      expect([request.method, request.url]).toEqual(['POST', '/messages']);
      reply(response, await site.sign(receiptClaims(message, 'received'), 'party-receipt+jwt'));
    };
    await send();
    expect(Object.keys(headers).toSorted()).toEqual(['accept', 'connection', 'content-length', 'content-type', 'host']);
    expect(headers).toMatchObject({ 'content-type': 'application/jose' });
  });

  test('rests sealed, as its receipt does', async () => {
    site.receipts('received');
    await send();
    const row = await rowOf();
    expect(JSON.stringify(row)).not.toContain(site.received[0]);
    expect(await office.sealer.open(String(row['message_sealed']))).toBe(site.received[0]);
    expect(await office.sealer.open(String(row['receipt_sealed']))).toMatch(/^ey/);
  });

  test('that has its receipt is not sent again, and the receipt does not change', async () => {
    site.receipts('received');
    const first = await send();
    expect(await send()).toEqual(first);
    expect(site.received).toHaveLength(1);
  });

  test('is the same text on every try, also a month later with other words to say', async () => {
    await expect(send()).rejects.toThrow(TransmissionError);
    office.clock.now += 30 * 86_400_000;
    await expect(send()).rejects.toThrow(TransmissionError);
    expect(site.received[1]).toBe(site.received[0]);
    expect(await rowOf()).toMatchObject({
      attempts: 2,
      last_attempt_at: expect.stringContaining(new Date(office.clock.now).toISOString().slice(0, 10)),
      fault: { reason: 'SiteUnreachable', detail: 'it answers 500', at: new Date(office.clock.now).toISOString() },
    });
  });

  test('whose answer was lost gets by the next try the receipt of the first', async () => {
    let first = '';
    site.answer = async (message, response) => {
      first ||= await site.sign(receiptClaims(message, 'received'), 'party-receipt+jwt');
      if (site.received.length === 1) response.destroy();
      else reply(response, first);
    };
    await fails('SiteUnreachable', 'the connection broke off');
    office.clock.now += 86_400_000;
    expect((await send()).answer).toEqual({ verdict: 'received' });
    expect(await office.sealer.open(String((await rowOf())['receipt_sealed']))).toBe(first);
  });

  test('sent by two at once is one message, and the first receipt counts for both', async () => {
    site.answer = async (message, response) => {
      const later = { ...receiptClaims(message, 'received'), iat: office.clock.now / 1000 + site.received.length };
      reply(response, await site.sign(later, 'party-receipt+jwt'));
    };
    const [one, other] = await Promise.all([send(), send()]);
    expect(one).toEqual(other);
    expect(new Set(site.received).size).toBe(1);
  });

  test('has a number where an order has several of a kind', async () => {
    site.receipts('received');
    const ids = [];
    for (const attempt of [1, 2]) ids.push((await sendMessage(deps, { ...completed(), attempt })).messageId);
    expect(ids).toEqual([`${order.id}:completed:1`, `${order.id}:completed:2`]);
    expect(site.received).toHaveLength(2);
  });

  test('of a key that was revoked is signed again, once, and says the same', async () => {
    await expect(send()).rejects.toThrow(TransmissionError);
    const { kid } = decodeProtectedHeader(site.received[0] ?? '');
    await office.keyRing.rotate();
    await expect(send()).rejects.toThrow(TransmissionError);
    expect(site.received[1]).toBe(site.received[0]);
    await office.keyRing.revoke(String(kid));
    site.receipts('received');
    await send();
    const again = site.received[2] ?? '';
    expect(decodeProtectedHeader(again)['kid']).not.toBe(kid);
    expect(decodeJwt(again)).toEqual(decodeJwt(site.received[0] ?? ''));
  });

  test('ends early when nobody wants its answer any more', async () => {
    const wanted = new AbortController();
    site.answer = () => wanted.abort(new Error('the order was cancelled'));
    await expect(sendMessage(deps, { ...completed(), signal: wanted.signal })).rejects.toThrow('cancelled');
    expect(await rowOf()).toMatchObject({ verdict: null, fault: null });
  });

  test('goes to where its party is registered at each try', async () => {
    await expect(send()).rejects.toThrow('it answers 500');
    const moved = await startSite();
    await office.sql('update sellers set site_url = ?', [`${moved.url}/new/`]);
    moved.answer = async (message, response, request) => {
      expect(request.url).toBe('/new/messages');
      reply(response, await moved.sign(receiptClaims(message, 'received'), 'party-receipt+jwt'));
    };
    moved.keysPath = '/new/.well-known/jwks.json';
    expect((await send()).answer.verdict).toBe('received');
    await moved.close();
  });

  test('to a party that has no address says so', async () => {
    await office.sql('update sellers set site_url = null');
    await fails('SiteUnreachable', 'no address of its server is registered');
  });

  test('to an address inside goes only where that is allowed', async () => {
    deps = { ...deps, privateSiteAllowed: (url) => url !== site.url };
    await fails('SiteForbidden', 'its address is private or not https, which is not allowed here');
    expect(site.received).toEqual([]);
    expect(await rowOf()).toMatchObject({ fault: { reason: 'SiteForbidden' } });
  });
});

describe('what is kept is kept by the database itself', () => {
  const update = (set: string) => office.sql(`update party_messages set ${set} where id = ?`, [idOf()]);

  test('a message stays as it was sent', async () => {
    await expect(send()).rejects.toThrow(TransmissionError);
    await expect(update("message_sealed = 'x'")).rejects.toThrow('stays as it was sent');
    await expect(update("digest = 'x'")).rejects.toThrow('stays as it was sent');
    for (const column of ['id', 'order_id', 'kind', 'sender', 'recipient'])
      await expect(update(`${column} = 'x'`)).rejects.toThrow('permission denied');
    await expect(office.sql('delete from party_messages')).rejects.toThrow('permission denied');
    await expect(update("verdict = 'received'")).rejects.toThrow('receipt_whole');
  });

  test('a receipt stays as it came', async () => {
    site.receipts('received');
    await send();
    for (const set of ["verdict = 'later'", 'verdict = null', "receipt_sealed = 'x'", 'attempts = 9', 'fault = null'])
      await expect(update(set)).rejects.toThrow('nothing of it changes');
  });

  test('a verdict is one of its kind', async () => {
    await expect(send()).rejects.toThrow(TransmissionError);
    const rest = "receipt_sealed = 'x', receipt_digest = 'x', receipt_key = '{}', receipted_at = now()";
    await expect(update(`verdict = 'promised', ${rest}`)).rejects.toThrow('verdict_fits');
  });
});
