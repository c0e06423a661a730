import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { importJWK, compactVerify, decodeJwt, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { OrderId } from '../../domain/ids.ts';
import type { MessageKind } from '../../domain/party-messages.ts';
import type { Role } from '../../domain/party.ts';
import { createSiteKeys, sendMessage, type MessageDeps, type OutgoingMessage } from '../../office/messages/index.ts';
import {
  DEMO_PARTY,
  expectProblem,
  reportOnceInstructed,
  testApi,
  workerFor,
  type Answer,
  type TestApi,
} from '../api/support.ts';
import { startSite, type SiteServer } from '../office/site-server.ts';
import { orderFor, orderWhen } from '../support/service.ts';
import type { RunningWorker } from '../support/worker.ts';

/* Role x kind: who reads which messages of an order, what of them, and until when. */

const DAY_MS = 86_400_000;
/** Who reads a message of each kind, beside the check office: written down from the design and not from the code. */
const READERS: Record<MessageKind, readonly Role[]> = {
  presentation: ['buyer', 'seller'],
  payment_indicated: ['buyer', 'seller'],
  completed: ['seller', 'distributor'],
  paid: ['seller'],
  ended: ['seller'],
  instruction: ['seller', 'distributor'],
  schedule_again: ['seller', 'distributor'],
  withdrawn: ['seller', 'distributor'],
};
const KINDS = Object.keys(READERS) as MessageKind[];
const ROLES = Object.keys(DEMO_PARTY) as Role[];

let api: TestApi;
let worker: RunningWorker;
let site: SiteServer;
let messages: MessageDeps;
const clock = { ahead: 0 };
/** One that is open, and one that has ended. */
let open: string;
let ended: string;

beforeAll(async () => {
  api = await testApi((deps) => ({ ...deps, clock: () => new Date(Date.now() + clock.ahead) }));
  worker = await workerFor(api);
  site = await startSite();
  await api.database.orm.em.execute('update sellers set site_url = ?', [site.url]);
  await api.database.orm.em.execute('update distributors set site_url = ?', [site.url]);
  messages = { ...api.deps, siteKeys: createSiteKeys() };
  open = await orderWithMessages('open');
  ended = await orderWithMessages('ended');
  const delivered = { eventId: 'd', kind: 'delivered', occurredAt: new Date().toISOString() };
  await reportOnceInstructed(api, ended, delivered);
  await orderWhen(api, ended, ({ stage }) => stage === 'completed');
});
afterAll(async () => {
  await site.close();
  await worker.stop();
  await api.close();
});

async function orderWithMessages(key: string): Promise<string> {
  const { body } = await api.ask('POST', '/v1/orders', { body: orderFor(), key });
  for (const kind of KINDS) {
    site.receipts(kind === 'presentation' || kind === 'instruction' ? 'later' : 'received');
    await sendMessage(messages, messageOf(body.id, kind, body));
  }
  return body.id;
}

function messageOf(
  orderId: OrderId,
  kind: MessageKind,
  { echeck, deliverTo, charge }: Answer['body'],
): OutgoingMessage {
  const now = new Date().toISOString();
  const number: string = echeck.number;
  const bodies = {
    presentation: { echeck: echeck.jws, lines: [{ sku: 'rye-1kg', quantity: 3 }], deliverTo, charge },
    payment_indicated: { number, amount: charge },
    completed: { deliveredAt: now },
    paid: { number, amount: charge },
    ended: { stage: 'cancelled', reason: 'no longer wanted' },
    instruction: { instruction: 'e30.e30.e30' },
    schedule_again: { attempt: 1, failedAt: now },
    withdrawn: { reason: 'the order has ended' },
  } as const;
  const [sender, to] = ENDS[kind];
  const from = sender === 'office' ? 'countersign-test' : DEMO_PARTY[sender];
  return {
    orderId,
    kind,
    from,
    to: DEMO_PARTY[to],
    body: bodies[kind],
    personalOf: DEMO_PARTY.buyer,
  } as OutgoingMessage;
}

const ENDS: Record<MessageKind, readonly [from: Role | 'office', to: Role]> = {
  presentation: ['buyer', 'seller'],
  payment_indicated: ['buyer', 'seller'],
  completed: ['distributor', 'seller'],
  paid: ['office', 'seller'],
  ended: ['office', 'seller'],
  instruction: ['seller', 'distributor'],
  schedule_again: ['seller', 'distributor'],
  withdrawn: ['seller', 'distributor'],
};

const read = (order: string, as: string, query = ''): Promise<Answer> =>
  api.ask('GET', `/v1/orders/${order}/messages${query}`, { as });
const kindsOf = ({ body }: Answer): string[] => body.data.map(({ kind }: { kind: string }) => kind);

test.each(ROLES)('the %s reads what it was sent, and what was sent in its name', async (role) => {
  const answer = await read(open, DEMO_PARTY[role]);
  expect(answer).toMatchObject({ status: 200, body: { nextCursor: null, office: { issuer: 'countersign-test' } } });
  const known = KINDS.filter((kind) => role === 'operator' || READERS[kind].includes(role));
  expect(kindsOf(answer).toSorted()).toEqual(known.toSorted());
  for (const message of answer.body.data) {
    expect(message).toEqual({
      id: `${open}:${message.kind}`,
      kind: message.kind,
      from: expect.any(String),
      to: expect.any(String),
      attempt: null,
      sentAt: expect.any(String),
      lastAttemptAt: expect.any(String),
      attempts: 1,
      message: expect.stringMatching(/^ey/),
      receipt: expect.stringMatching(/^ey/),
      verdict: expect.stringMatching(/^(later|received)$/),
      receiptedAt: expect.any(String),
      fault: null,
      keys: { kty: 'OKP', crv: 'Ed25519', x: site.key.jwk.x, kid: 'site-1' },
    });
  }
});

test.each(['buyer-bob', 'seller-forge'])('for %s there is no such order', async (stranger) => {
  expectProblem(await read(open, stranger), 'not-found');
});

test('whoever has the answer can verify both with what stands in it', async () => {
  const { data, office } = (await read(open, 'seller-mill')).body;
  for (const { message, receipt, keys, id } of data) {
    await compactVerify(message, createLocalJWKSet(office.jwks as JSONWebKeySet));
    await compactVerify(receipt, await importJWK(keys, 'EdDSA'));
    expect(decodeJwt(message).jti).toBe(id);
    expect(decodeJwt(receipt)).toMatchObject({ message: id, iss: decodeJwt(message).aud });
  }
});

describe('a read of the check office', () => {
  const reads = async () => {
    const { body } = await api.ask('GET', `/v1/orders/${open}/timeline`, { as: 'operator-olga' });
    return body.data.filter(({ type }: { type: string }) => type === 'address_read');
  };

  test('is on record, with its reason', async () => {
    const before = (await reads()).length;
    await read(open, 'operator-olga');
    await read(open, 'operator-olga', '?reason=the%20seller%20asks');
    await read(open, 'seller-mill', '?reason=not%20asked%20for');
    expect((await reads()).slice(before)).toMatchObject([
      { actor: 'operator-olga', body: { reason: 'messages read' } },
      { actor: 'operator-olga', body: { reason: 'the seller asks' } },
    ]);
  });

  test('of an order without messages reads nothing, and records nothing', async () => {
    const { body } = await api.ask('POST', '/v1/orders', { body: orderFor(), key: 'without' });
    expect((await read(body.id, 'operator-olga')).body).toMatchObject({ data: [], nextCursor: null });
    const { body: timeline } = await api.ask('GET', `/v1/orders/${body.id}/timeline`, { as: 'operator-olga' });
    expect(timeline.data.map(({ type }: { type: string }) => type)).not.toContain('address_read');
  });
});

test('why there is no receipt is read by the office and by the party whose server it is', async () => {
  const { body: order } = await api.ask('POST', '/v1/orders', { body: orderFor(), key: 'unreceipted' });
  site.answer = (_message, response) => response.writeHead(503).end();
  await expect(sendMessage(messages, messageOf(order.id, 'completed', order))).rejects.toThrow('it answers 503');
  const faultFor = async (as: string) => (await read(order.id, as)).body.data[0].fault;
  const fault = { reason: 'SiteUnreachable', detail: 'it answers 503', at: expect.any(String) };
  expect(await faultFor('operator-olga')).toEqual(fault);
  expect(await faultFor('seller-mill')).toEqual(fault);
  expect(await faultFor('distributor-swift')).toBeNull();
});

test('thirty days after the end the distributor reads no more whom it delivered to; the others do', async () => {
  const texts = async (order: string, as: string) =>
    (await read(order, as)).body.data.map(({ message }: { message: string | null }) => message);
  clock.ahead = 29 * DAY_MS;
  expect(await texts(ended, 'distributor-swift')).not.toContain(null);
  clock.ahead = 31 * DAY_MS;
  expect(new Set(await texts(ended, 'distributor-swift'))).toEqual(new Set([null]));
  expect(await texts(open, 'distributor-swift')).not.toContain(null);
  expect(await texts(ended, 'seller-mill')).not.toContain(null);
  expect(await texts(ended, 'buyer-ada')).not.toContain(null);
  clock.ahead = 0;
});

test('what was sealed for a buyer who is forgotten is gone; that it was sent and signed for stays', async () => {
  await api.deps.sealer.forget('buyer-ada');
  for (const as of ['seller-mill', 'operator-olga']) {
    const { data } = (await read(ended, as)).body;
    expect(data.length).toBeGreaterThan(5);
    for (const message of data)
      expect(message).toMatchObject({ message: null, receipt: null, verdict: expect.any(String) });
  }
});
