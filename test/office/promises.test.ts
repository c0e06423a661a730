import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import {
  createSiteKeys,
  instructionFor,
  sendMessage,
  type MessageDeps,
  type OutgoingMessage,
} from '../../office/messages/index.ts';
import { CHARGE, stepOffice, type OfficeOrder, type StepOffice } from '../guards/support/step-office.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import { signingPair, startSite, type Claims, type SiteServer } from './site-server.ts';

/* What a seller signs for the distributor, and which date a distributor may fix: both must fit the order. */

const ADDRESS = { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
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
  await office.sql('update distributors set site_url = ?', [site.url]);
  const { orm, signing, sealer } = office;
  const clock = () => new Date(office.clock.now);
  deps = { orm, signing, sealer, clock, siteKeys: createSiteKeys(), privateSiteAllowed: () => true };
  order = await office.order();
  await order.until('validation');
  const lines = order.input.lines.map((line) => ({ ...line, name: 'Rye, 1 kg', weightGrams: 1000, handlingHours: 2 }));
  await office.sql('update orders set lines = ? where id = ?', [JSON.stringify(lines), order.id]);
});
afterEach(() => site.close());

function presentation({ id: orderId, input }: OfficeOrder): OutgoingMessage {
  const body = { echeck: 'e30.e30.e30', lines: input.lines, deliverTo: ADDRESS, charge: CHARGE };
  return { orderId, kind: 'presentation', from: input.buyerId, to: input.sellerId, body, personalOf: input.buyerId };
}

const goodInstruction = (): Claims => ({
  iss: 'seller-mill',
  aud: 'distributor-swift',
  sub: order.id,
  iat: Math.floor(office.clock.now / 1000),
  lines: [{ sku: 'rye-1kg', quantity: 3, weightGrams: 1000 }],
  deliverTo: ADDRESS,
});

/** Promises with that instruction; what the office makes of it. */
async function promise(claims: Claims, typ = 'instruction+jwt', key = site.key): Promise<string> {
  const instruction = await site.sign(claims, typ, key);
  site.receipts('promised', { instruction });
  return sendMessage(deps, presentation(order)).then(
    ({ answer }) => (answer.verdict === 'promised' && answer.instruction === instruction ? 'promised' : answer.verdict),
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

describe('an instruction', () => {
  test('that says the order as it is is passed on as it was signed', async () => {
    expect(await promise(goodInstruction())).toBe('promised');
    expect(decodeJwt(await instructionFor(deps, order.id))).toEqual(goodInstruction());
  });

  test.each<[string, (good: Claims) => Claims]>([
    ['no issuer, order and time', ({ iss: _iss, sub: _sub, iat: _iat, ...rest }) => rest],
    ['an audience as an array of one', (good) => ({ ...good, aud: ['distributor-swift'] })],
    ['no weights', (good) => ({ ...good, lines: [{ sku: 'rye-1kg', quantity: 3 }] })],
    ['names of the goods', (good) => ({ ...good, lines: [{ sku: 'rye-1kg', quantity: 3, name: 'Rye' }] })],
    ['absent parts of the address as null', (good) => ({ ...good, deliverTo: { ...ADDRESS, company: null } })],
    [
      'accents that are spelled otherwise',
      (good) => ({ ...good, deliverTo: { ...ADDRESS, name: 'Ada'.normalize('NFD') } }),
    ],
    ['what a later version may add', (good) => ({ ...good, dock: 4 })],
  ])('may have %s', async (_what, change) => {
    expect(await promise(change(goodInstruction()))).toBe('promised');
  });

  test.each<[string, (good: Claims) => Claims, string]>([
    ['is another seller word', (good) => ({ ...good, iss: 'seller-forge' }), 'is issued by somebody else'],
    [
      'is for another distributor',
      (good) => ({ ...good, aud: 'distributor-far' }),
      'is not for the distributor of the order',
    ],
    ['is for nobody', ({ aud: _aud, ...rest }) => rest, 'lacks a good aud'],
    ['is of another order', (good) => ({ ...good, sub: 'order-00000000000000000000000000' }), 'is of another order'],
    ['names more', (good) => ({ ...good, lines: [{ sku: 'rye-1kg', quantity: 4 }] }), 'names other goods'],
    ['names less', (good) => ({ ...good, lines: [{ sku: 'rye-1kg', quantity: 2 }] }), 'names other goods'],
    ['names other goods', (good) => ({ ...good, lines: [{ sku: 'bran-5kg', quantity: 3 }] }), 'names other goods'],
    [
      'names one line twice',
      (good) => ({ ...good, lines: [good['lines'], good['lines']].flat() }),
      'names other goods',
    ],
    ['names no goods', (good) => ({ ...good, lines: [] }), 'does not name all of the goods'],
    [
      'names half of a thing',
      (good) => ({ ...good, lines: [{ sku: 'rye-1kg', quantity: 0.5 }] }),
      'lacks a good lines.0.quantity',
    ],
    [
      'says another weight',
      (good) => ({ ...good, lines: [{ sku: 'rye-1kg', quantity: 3, weightGrams: 1001 }] }),
      'names another weight of the goods',
    ],
    [
      'goes to another street',
      (good) => ({ ...good, deliverTo: { ...ADDRESS, street: 'Hauptstr. 2' } }),
      'names another address',
    ],
    ['goes to somebody else', (good) => ({ ...good, deliverTo: { ...ADDRESS, name: 'Bob' } }), 'names another address'],
    ['adds a note', (good) => ({ ...good, deliverTo: { ...ADDRESS, note: 'ring' } }), 'names another address'],
    ['goes nowhere', ({ deliverTo: _to, ...rest }) => rest, 'lacks a good deliverTo'],
  ])('that %s makes the promise none', async (_what, change, detail) => {
    expect(await promise(change(goodInstruction()))).toBe(`BadReceipt: the instruction ${detail}`);
  });

  test('of another type, or by another key, makes the promise none', async () => {
    expect(await promise(goodInstruction(), 'JWT')).toBe(
      'BadReceipt: the instruction is not of the type instruction+jwt',
    );
    const stranger = { ...(await signingPair('x')), kid: 'site-1' };
    expect(await promise(goodInstruction(), 'instruction+jwt', stranger)).toBe(
      'BadReceipt: the instruction has a signature that does not fit',
    );
    site.receipts('promised', { instruction: 'send it' });
    await expect(sendMessage(deps, presentation(order))).rejects.toThrow('the instruction is no compact JWS');
  });

  test('names a thousand lines in any order', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => ({ sku: `sku-${index}`, quantity: index + 1 }));
    await office.sql('update orders set lines = ? where id = ?', [JSON.stringify(lines), order.id]);
    expect(await promise({ ...goodInstruction(), lines: lines.toReversed() })).toBe('promised');
  });

  test.each(['later', 'no server'])('of a seller that decides %s is signed by the office, in its name', async (how) => {
    if (how === 'later') {
      site.receipts('later');
      await sendMessage(deps, presentation(order));
    }
    const jws = await instructionFor(deps, order.id);
    const keys = createLocalJWKSet(await office.keyRing.publicJwks());
    const { payload } = await jwtVerify(jws, keys, { typ: 'instruction+jwt' });
    expect(payload).toEqual({
      ...goodInstruction(),
      iss: 'countersign-test',
      from: 'seller-mill',
      lines: [{ sku: 'rye-1kg', quantity: 3, name: 'Rye, 1 kg', weightGrams: 1000 }],
    });
  });
});

test('a promise without the seller having asked for the validation does not count; once it has, it does', async () => {
  order = await office.order();
  await order.until('issue');
  expect(await promise(goodInstruction())).toBe(
    'NotValidated: it promised without having had the check validated (claim 2)',
  );
  await order.until('validation');
  expect(await promise(goodInstruction())).toBe('promised');
});

describe('a date', () => {
  const fix = (deliverAt: string, kind: 'instruction' | 'schedule_again' = 'instruction'): Promise<string> => {
    site.receipts('scheduled', { deliverAt });
    const { id: orderId, input } = order;
    const parties = { orderId, from: input.sellerId, to: input.distributorId, personalOf: input.buyerId };
    const failedAt = new Date(office.clock.now).toISOString();
    const message: OutgoingMessage =
      kind === 'instruction'
        ? { ...parties, kind, body: { instruction: 'e30.e30.e30' } }
        : { ...parties, kind, attempt: 1, body: { attempt: 1, failedAt } };
    return sendMessage(deps, message).then(
      ({ answer }) => (answer.verdict === 'scheduled' ? answer.deliverAt : answer.verdict),
      (error: Error) => `${error.name}: ${error.message}`,
    );
  };

  test.each(['instruction', 'schedule_again'] as const)('within the registered terms counts: %s', async (kind) => {
    expect(await fix(wednesdayNoon(), kind)).toBe(wednesdayNoon());
  });

  test.each([
    ['in the past', -1, /past/],
    ['before the goods can be there', 1 / 24, /cannot be there before/],
    ['beyond a year', 400, /more than 365 days/],
  ])('%s does not', async (_when, days, detail) => {
    const deliverAt = new Date(office.clock.now + days * 86_400_000).toISOString();
    for (const kind of ['instruction', 'schedule_again'] as const)
      expect(await fix(deliverAt, kind)).toMatch(new RegExp(`^OutsideService: .*${detail.source}`));
  });

  test('in the night and on a Sunday does not', async () => {
    const noon = Date.parse(wednesdayNoon());
    for (const hours of [12, 4 * 24]) {
      const said = await fix(new Date(noon + hours * 3_600_000).toISOString());
      expect(said).toMatch(/^OutsideService: It delivers from 8 to 18 o'clock/);
    }
    expect(await fix(wednesdayNoon())).toBe(wednesdayNoon());
  });

  test('is judged as of its signing: a receipt whose way was long is as good as it was', async () => {
    const deliverAt = wednesdayNoon();
    const signedAt = office.clock.now;
    await fix('never');
    office.clock.now = Date.parse(deliverAt) + 86_400_000;
    expect(signedAt).toBeLessThan(Date.parse(deliverAt));
    // The double signs as of the moment of its message.
    expect(await fix(deliverAt)).toBe(deliverAt);
  });
});
