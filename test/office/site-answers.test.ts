import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import { RECEIPT_LIMITS } from '../../domain/party-messages.ts';
import { createSiteKeys, sendMessage, type MessageDeps } from '../../office/messages/index.ts';
import { stepOffice, type StepOffice } from '../guards/support/step-office.ts';
import {
  receiptClaims,
  reply,
  signed,
  signingPair,
  startSite,
  type SiteServer,
  type SigningPair,
} from './site-server.ts';

/* What parties' own servers may answer, over real HTTP, and what of it is no receipt; how their keys come and go. */

let office: StepOffice;
let site: SiteServer;
let deps: MessageDeps;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());
beforeEach(async () => {
  site = await startSite();
  await office.sql('update sellers set site_url = ?', [site.url]);
  deps = depsWith(createSiteKeys({ cooldownMs: 0 }));
});
afterEach(() => site.close());

function depsWith(siteKeys: MessageDeps['siteKeys']): MessageDeps {
  const { orm, signing, sealer } = office;
  return { orm, signing, sealer, siteKeys, clock: () => new Date(), privateSiteAllowed: () => true };
}

/** Sends a message of a new order: what it comes to, or why not. */
async function outcome(): Promise<string> {
  const { id: orderId, input } = await office.order();
  const body = { deliveredAt: new Date().toISOString() };
  const message = { orderId, kind: 'completed', to: 'seller-mill', from: input.distributorId, body } as const;
  try {
    return (await sendMessage(deps, { ...message, personalOf: input.buyerId })).answer.verdict;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [row] = await office.sql('select verdict, fault from party_messages where order_id = ?', [orderId]);
    expect(row).toMatchObject({ verdict: null, fault: { reason: error.name, detail: error.message } });
    return `${error.name}: ${error.message}`;
  }
}

const good = (message: string, key?: SigningPair) =>
  site.sign(receiptClaims(message, 'received'), 'party-receipt+jwt', key);
/** Answers with what becomes of the good receipt. */
function answers(how: (response: ServerResponse, receipt: string) => unknown): void {
  site.answer = async (message, response) => how(response, await good(message));
}

const JOSE = { 'content-type': 'application/jose' };
const MANY = RECEIPT_LIMITS.bytes + 1;

describe('an answer that is no receipt', () => {
  test.each<[string, (response: ServerResponse, receipt: string) => unknown, string]>([
    ['201', (to, receipt) => to.writeHead(201, JOSE).end(receipt), 'SiteUnreachable: it answers 201'],
    ['202', (to, receipt) => to.writeHead(202, JOSE).end(receipt), 'SiteUnreachable: it answers 202'],
    ['204', (to) => to.writeHead(204).end(), 'SiteUnreachable: it answers 204'],
    ['404', (to, receipt) => to.writeHead(404, JOSE).end(receipt), 'SiteUnreachable: it answers 404'],
    ['503', (to) => to.writeHead(503, { 'retry-after': '1' }).end(), 'SiteUnreachable: it answers 503'],
    ['JSON', (to, receipt) => reply(to, receipt, 'application/json'), 'BadReceipt: the answer is not application/jose'],
    ['no type', (to, receipt) => to.end(receipt), 'BadReceipt: the answer is not application/jose'],
    [
      'a jose+json',
      (to, receipt) => reply(to, receipt, 'application/jose+json'),
      'BadReceipt: the answer is not application/jose',
    ],
    ['nothing', (to) => reply(to, ''), 'BadReceipt: the receipt is no compact JWS in canonical base64url'],
    [
      'a page',
      (to) => reply(to, '<html>welcome</html>'),
      'BadReceipt: the receipt is no compact JWS in canonical base64url',
    ],
    [
      'two of them',
      (to, receipt) => reply(to, `${receipt}\n${receipt}`),
      'BadReceipt: the receipt is no compact JWS in canonical base64url',
    ],
    [
      'too much, said before',
      (to) => to.writeHead(200, { ...JOSE, 'content-length': MANY }).end('x'.repeat(MANY)),
      `BadReceipt: the answer has more than ${RECEIPT_LIMITS.bytes} bytes`,
    ],
    ['too much, bit by bit', (to) => endless(to), `BadReceipt: the answer has more than ${RECEIPT_LIMITS.bytes} bytes`],
    [
      'gzip',
      (to, receipt) => to.writeHead(200, { ...JOSE, 'content-encoding': 'gzip' }).end(gzipSync(receipt)),
      'BadReceipt: the answer is compressed',
    ],
    [
      'a gzip bomb',
      (to) => to.writeHead(200, { ...JOSE, 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000))),
      'BadReceipt: the answer is compressed',
    ],
    [
      'half of what was said',
      (to, receipt) =>
        void to.writeHead(200, { ...JOSE, 'content-length': receipt.length * 2 }).write(receipt, () => to.destroy()),
      'SiteUnreachable: the connection broke off',
    ],
    ['a closed connection', (to) => to.destroy(), 'SiteUnreachable: the connection broke off'],
    ['another language', (to) => to.socket?.end('220 mail ready\r\n'), 'SiteUnreachable: it does not speak HTTP'],
  ])('%s', async (_what, how, said) => {
    answers(how);
    expect(await outcome()).toBe(said);
  });

  function endless(response: ServerResponse): void {
    response.writeHead(200, JOSE);
    const more = (): void => void (response.destroyed || response.write('x'.repeat(1_000), more));
    more();
  }

  test('a redirect, also to a server that would have receipted', async () => {
    const elsewhere = await startSite();
    elsewhere.receipts('received');
    answers((to) => to.writeHead(307, { location: `${elsewhere.url}/messages` }).end());
    expect(await outcome()).toBe('SiteUnreachable: it answers 307, and redirects are not followed');
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  test('nobody who listens', async () => {
    await office.sql('update sellers set site_url = ?', ['http://127.0.0.1:1']);
    expect(await outcome()).toBe('SiteUnreachable: it refuses the connection');
    await office.sql('update sellers set site_url = ?', ['http://office.invalid']);
    expect(await outcome()).toBe('SiteUnreachable: its name cannot be resolved');
  });

  test('the receipt of another message of the same party', async () => {
    let former: string | undefined;
    site.answer = async (message, response) => reply(response, (former ??= await good(message)));
    expect(await outcome()).toBe('received');
    expect(await outcome()).toBe('BadReceipt: the receipt is of another message (message)');
  });

  test('what it says is in no fault, whatever it is', async () => {
    const secret = 'Ada lives at Hauptstr. 1';
    for (const how of [
      (to: ServerResponse) => to.writeHead(500, secret).end(secret),
      (to: ServerResponse) => reply(to, secret),
      (to: ServerResponse) => reply(to, 'x.y.z', secret),
    ]) {
      answers(how);
      expect(await outcome()).not.toContain('Ada');
    }
    site.answer = async (message, response) =>
      reply(
        response,
        await site.sign({ ...receiptClaims(message, secret), iss: secret, [secret]: secret }, 'party-receipt+jwt'),
      );
    expect(await outcome()).not.toContain('Ada');
  });
});

describe('an answer that is a receipt', () => {
  test.each<[string, (response: ServerResponse, receipt: string) => unknown]>([
    ['with a parameter of its type', (to, receipt) => reply(to, receipt, 'Application/JOSE; charset=utf-8')],
    ['with a line end behind it', (to, receipt) => reply(to, `${receipt}\n`)],
    [
      'said to be uncompressed',
      (to, receipt) => to.writeHead(200, { ...JOSE, 'content-encoding': 'identity' }).end(receipt),
    ],
    [
      'in two parts',
      (to, receipt) => void to.writeHead(200, JOSE).write(receipt.slice(0, 50), () => to.end(receipt.slice(50))),
    ],
    ['before its message was read', (to, receipt) => reply(to, receipt)],
  ])('%s', async (_what, how) => {
    answers(how);
    expect(await outcome()).toBe('received');
  });
});

describe('the keys of a site', () => {
  const publish = (...keys: object[]): void => {
    site.showKeys = (response) => response.end(JSON.stringify({ keys }));
  };
  const shows = (how: (response: ServerResponse) => unknown): void => {
    site.showKeys = how;
  };
  beforeEach(() => site.receipts('received'));

  test.each<[string, (response: ServerResponse) => unknown, RegExp]>([
    ['gone', (to) => to.writeHead(404).end(), /its keys: it answers 404/],
    [
      'elsewhere',
      (to) => to.writeHead(302, { location: '/keys' }).end(),
      /its keys: it answers 302, and redirects are not followed/,
    ],
    ['cut off', (to) => to.destroy(), /its keys: the connection broke off/],
    ['no JSON', (to) => to.end('keys'), /no JWK Set of public keys$/],
    ['no set', (to) => to.end('{"keys": {}}'), /no JWK Set of public keys$/],
    ['a list of no keys', (to) => to.end('{"keys": [7]}'), /no JWK Set of public keys$/],
    [
      'huge',
      (to) => to.end(JSON.stringify({ keys: [], more: 'x'.repeat(RECEIPT_LIMITS.keyBytes) })),
      /its keys: the answer has more than/,
    ],
    [
      'compressed',
      (to) => to.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"keys":[]}')),
      /its keys: the answer is compressed/,
    ],
  ])('that are %s cannot be read', async (_what, how, detail) => {
    shows(how);
    expect(await outcome()).toMatch(new RegExp(`^SiteKeysUnavailable: .*${detail.source}`));
  });

  test('that are private ones are believed by nobody', async () => {
    publish(await exportJWK(site.key.privateKey));
    expect(await outcome()).toBe('SiteKeysUnavailable: its keys are no JWK Set of public keys: it shows private ones');
  });

  test('are those of Ed25519; others beside them do not matter', async () => {
    const ec = await exportJWK((await generateKeyPair('ES256')).publicKey);
    const { publicKey } = await generateKeyPair('RS256');
    publish({ ...ec, kid: 'site-1' }, { ...(await exportJWK(publicKey)), kid: 'rsa' });
    expect(await outcome()).toBe('BadReceipt: the receipt names no key that its signer publishes');
    publish(ec, site.key.jwk);
    expect(await outcome()).toBe('received');
  });

  test('of another party under the same id do not verify', async () => {
    publish((await signingPair('site-1')).jwk);
    expect(await outcome()).toBe('BadReceipt: the receipt has a signature that does not fit');
  });

  test('need not be named: not by the receipt, and not in the set', async () => {
    const [former, now] = await Promise.all([signingPair('old'), signingPair('new')]);
    const unnamed = ({ jwk }: SigningPair) => ({ ...jwk, kid: undefined });
    const typ = 'party-receipt+jwt';
    site.answer = async (message, response) =>
      reply(response, await signed(receiptClaims(message, 'received'), { typ }, now.privateKey));
    publish(former.jwk, now.jwk);
    expect(await outcome()).toBe('received');
    deps = depsWith(createSiteKeys());
    publish(unnamed(former), unnamed(now));
    expect(await outcome()).toBe('received');
    site.answer = async (message, response) => reply(response, await good(message, now));
    expect(await outcome()).toBe('received');
    deps = depsWith(createSiteKeys());
    publish(former.jwk, { ...now.jwk, kid: 'another' });
    expect(await outcome()).toBe('BadReceipt: the receipt names no key that its signer publishes');
  });

  test('for encryption are none', async () => {
    publish({ ...site.key.jwk, use: 'enc' });
    expect(await outcome()).toBe('BadReceipt: the receipt names no key that its signer publishes');
  });

  test('change: a new one is found at once, one that was taken away is not believed any more', async () => {
    expect(await outcome()).toBe('received');
    const next = await signingPair('site-2');
    publish(site.key.jwk, next.jwk);
    site.answer = async (message, response) => reply(response, await good(message, next));
    expect(await outcome()).toBe('received');
    deps = depsWith(createSiteKeys({ maxAgeMs: 0 }));
    publish(next.jwk);
    site.receipts('received');
    expect(await outcome()).toBe('BadReceipt: the receipt names no key that its signer publishes');
  });

  test('are asked for once for many messages, and for one that is not known at most so often', async () => {
    deps = depsWith(createSiteKeys());
    for (let count = 0; count < 3; count += 1) expect(await outcome()).toBe('received');
    expect(site.keysAsked).toBe(1);
    const stranger = await signingPair('site-9');
    site.answer = async (message, response) => reply(response, await good(message, stranger));
    for (let count = 0; count < 3; count += 1) expect(await outcome()).toContain('names no key');
    expect(site.keysAsked).toBeLessThan(3);
  });

  test('under which anybody can sign prove nothing', async () => {
    publish({ kty: 'OKP', crv: 'Ed25519', x: Buffer.alloc(32).toString('base64url'), kid: 'site-1' });
    expect(await outcome()).toBe('BadReceipt: the receipt is signed with a key under which anybody can sign');
  });

  test('keep nobody who wants no answer any more', async () => {
    const wanted = new AbortController();
    shows(() => wanted.abort(new Error('the order was cancelled')));
    const { id: orderId, input } = await office.order();
    const body = { deliveredAt: new Date().toISOString() };
    const parties = { to: 'seller-mill', from: input.distributorId, personalOf: input.buyerId };
    const sent = sendMessage(deps, { ...parties, orderId, kind: 'completed', body, signal: wanted.signal });
    await expect(sent).rejects.toThrow('the order was cancelled');
  });

  test('are asked for only when there is a receipt to verify', async () => {
    answers((to) => to.writeHead(500).end());
    await outcome();
    expect(site.keysAsked).toBe(0);
  });
});
