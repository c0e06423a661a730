import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import { signPresentation, type TerminalKey } from '../../../client/presentation.ts';
import { loadTerminalKey } from '../../../client/terminal-key-file.ts';
import { Commodity } from '../../../sites/selling-office/entities/commodity.entity.ts';
import { changeCommodity } from '../../../sites/selling-office/catalogue.ts';
import {
  ADDRESS,
  CHARGE,
  keysOf,
  messagesOf,
  newOrderId,
  orderOf,
  presentation,
  send,
  startTestShop,
  stockOf,
  type Presented,
  type TestShop,
} from './shop.ts';
import { patientPool } from '../../support/site-database.ts';
import { until } from '../../support/until.ts';

/* What the selling office makes of a check that is presented to it. */

const VALIDATION = 'POST /v1/echecks/validation';
let loom: TestShop;
beforeAll(async () => {
  loom = await startTestShop();
  await patientPool(loom.shop.deps.orm);
});
afterAll(() => loom.close());
beforeEach(() => {
  loom.office.isUp = true;
  loom.office.asked.length = 0;
  loom.office.answers.set(VALIDATION, () => ({ status: 200, body: { valid: true, status: 'presented' } }));
});

const present = async (presented: Presented) => send(loom, await presentation(loom.office, presented));
const reserved = async (sku: string) => (await stockOf(loom, sku)).reserved;
const validations = () => loom.office.asked.filter(({ request }) => request === VALIDATION);

test('a good check is promised, by an instruction that the shop has signed, and its goods are reserved', async () => {
  const orderId = newOrderId();
  const before = await reserved('linen-3m');
  const { receipt } = await present({ orderId });
  const { verdict, body } = receipt as { verdict: string; body: { instruction: string } };
  expect(verdict).toBe('promised');
  const said = await jwtVerify(body.instruction, await keysOf(loom.shop), { typ: 'instruction+jwt' });
  expect(said.payload).toEqual({
    iss: 'seller-loom',
    aud: 'distributor-rail',
    sub: orderId,
    iat: expect.any(Number),
    lines: [
      { sku: 'linen-3m', name: 'Linen, 3 m', quantity: 2, weightGrams: 1_200 },
      { sku: 'wool-blanket', name: 'Wool blanket', quantity: 1, weightGrams: 1_800 },
    ],
    deliverTo: ADDRESS,
  });
  expect(await reserved('linen-3m')).toBe(before + 2);
  // Claim 2: it has asked the office before it promised.
  expect(validations()).toHaveLength(1);
  expect(await orderOf(loom, orderId)).toMatchObject({ decision: 'promised', chargeAmount: CHARGE.amount });
});

test('the same message has the same receipt, and one reservation', async () => {
  const orderId = newOrderId();
  const message = await presentation(loom.office, { orderId });
  const before = await reserved('linen-3m');
  const receipts = await Promise.all([send(loom, message), send(loom, message), send(loom, message)]);
  receipts.push(await send(loom, message));
  expect(new Set(receipts.map(({ text }) => text)).size).toBe(1);
  expect(await reserved('linen-3m')).toBe(before + 2);
  expect(await messagesOf(loom, orderId)).toMatchObject([
    { kind: 'presentation', message, receipt: receipts[0]?.text },
  ]);
});

test('signed anew by another key of the office it has the same answer', async () => {
  const orderId = newOrderId();
  const before = await reserved('linen-3m');
  const first = await present({ orderId });
  await loom.office.rotate();
  // The new key is found as soon as keys may be read again.
  const second = await until(async () => {
    const answered = await present({ orderId });
    return answered.status === 200 && answered;
  });
  expect(second.receipt['body']).toEqual(first.receipt['body']);
  expect(second.receipt['digest']).not.toBe(first.receipt['digest']);
  expect(await reserved('linen-3m')).toBe(before + 2);
});

describe('refused, with nothing reserved, is', () => {
  const seconds = Math.floor(Date.now() / 1000);
  test.each<[string, Omit<Presented, 'orderId'>, string]>([
    ['a check to another shop', { check: { aud: 'seller-mill' } }, 'check_invalid: wrong_payee'],
    ['a check whose time is over', { check: { exp: seconds - 1 } }, 'check_invalid: expired'],
    ['a check of another issuer', { check: { iss: 'elsewhere' } }, 'check_invalid: bad_signature'],
    ['what is no check', { body: { echeck: 'a.b.c' } }, 'check_invalid: bad_signature'],
    ['the check of another order', { check: { order: newOrderId() } }, 'check_invalid: altered'],
    [
      'the check of another buyer',
      { check: { terminal: { buyerId: 'x', terminalId: 'y' } } },
      'check_invalid: altered',
    ],
    [
      'a charge that the check does not say',
      { body: { charge: { amount: 1, currency: 'EUR' } } },
      'check_invalid: altered',
    ],
    ['too small a charge', { charge: { amount: CHARGE.amount - 1, currency: 'EUR' } }, 'charge_differs'],
    ['a charge in another currency', { charge: { amount: CHARGE.amount, currency: 'USD' } }, 'charge_differs'],
    ['what the shop does not sell', { lines: [{ sku: 'silk', quantity: 1 }] }, 'unknown_commodity'],
    [
      'more than there is',
      { lines: [{ sku: 'tapestry', quantity: 2 }], charge: { amount: 128_000, currency: 'EUR' } },
      'out_of_stock',
    ],
    [
      'more than there is, in several lines',
      {
        lines: [
          { sku: 'linen-3m', quantity: 1 },
          { sku: 'tapestry', quantity: 1 },
          { sku: 'tapestry', quantity: 1 },
        ],
        charge: { amount: 4_470 + 128_000, currency: 'EUR' },
      },
      'out_of_stock',
    ],
  ])('%s', async (_name, presented, reason) => {
    const orderId = newOrderId();
    const before = await reserved('linen-3m');
    const { receipt } = await present({ orderId, ...presented });
    expect(receipt).toMatchObject({ verdict: 'refused', body: { reason } });
    expect(await orderOf(loom, orderId)).toMatchObject({ decision: 'refused', reason, reserved: false });
    expect(await reserved('linen-3m')).toBe(before);
  });

  test.each(['stopped', 'account_frozen', 'not_found'])('a check that is %s at the office', async (reason) => {
    loom.office.answers.set(VALIDATION, () => ({ status: 200, body: { valid: false, reason, status: null } }));
    const { receipt } = await present({ orderId: newOrderId() });
    expect(receipt).toMatchObject({ verdict: 'refused', body: { reason: `check_invalid: ${reason}` } });
  });
});

describe('a check that is bound to a terminal', () => {
  const bound = async (presented: { by?: TerminalKey; of?: object; signed?: boolean }) => {
    const [own, orderId] = [await loadTerminalKey(join(loom.folder, 'terminal.json')), newOrderId()];
    const message = await presentation(loom.office, {
      orderId,
      check: { cnf: { jkt: own.thumbprint } },
      amend: async (body) => {
        if (presented.signed === false) return body;
        const by = presented.by ?? own;
        const said = { ...body, ...presented.of };
        return { ...body, presentation: await signPresentation(by, said), terminalKey: by.publicKey };
      },
    });
    return (await send(loom, message)).receipt;
  };

  test('is promised when that terminal has signed the presentation', async () => {
    expect(await bound({})).toMatchObject({ verdict: 'promised' });
  });

  test.each<[string, () => Promise<Parameters<typeof bound>[0]>]>([
    ['nobody has signed it', async () => ({ signed: false })],
    ['another terminal has', async () => ({ by: await loadTerminalKey(join(loom.folder, 'other.json')) })],
    ['it has signed other goods', async () => ({ of: { lines: [{ sku: 'linen-3m', quantity: 1 }] } })],
    ['it has signed another address', async () => ({ of: { deliverTo: { ...ADDRESS, street: 'Lindenweg 5' } } })],
    ['it has signed another check', async () => ({ of: { echeck: 'another' } })],
  ])('is refused when %s', async (_name, presented) => {
    const reason = 'check_invalid: wrong_terminal';
    expect(await bound(await presented())).toMatchObject({ verdict: 'refused', body: { reason } });
  });
});

describe('nothing is said, and it is asked again,', () => {
  test.each([401, 403, 429, 500, 503])('when the office answers %i', async (status) => {
    const orderId = newOrderId();
    const message = await presentation(loom.office, { orderId });
    loom.office.answers.set(VALIDATION, () => ({ status, body: {} }));
    expect((await send(loom, message)).status).toBe(500);
    loom.office.answers.set(VALIDATION, () => ({ status: 200, body: { valid: true, status: 'presented' } }));
    expect((await send(loom, message)).receipt).toMatchObject({ verdict: 'promised' });
  });

  test('when the receipt cannot be kept: what was decided stays decided', async () => {
    const orderId = newOrderId();
    const message = await presentation(loom.office, { orderId });
    const { orm } = loom.shop.deps;
    await orm.em.fork().execute('alter table messages add constraint broken check (false) not valid');
    expect((await send(loom, message)).status).toBe(500);
    await orm.em.fork().execute('alter table messages drop constraint broken');
    const before = await reserved('linen-3m');
    expect((await send(loom, message)).receipt).toMatchObject({ verdict: 'promised' });
    expect(await reserved('linen-3m')).toBe(before);
  });
});

test('of the last piece there is one promise, however many ask at once', async () => {
  const lines = [{ sku: 'tapestry', quantity: 1 }];
  const charge = { amount: 64_000, currency: 'EUR' };
  const asking = Array.from({ length: 12 }, () => present({ orderId: newOrderId(), lines, charge }));
  const verdicts = (await Promise.all(asking)).map(({ receipt }) => receipt['verdict']);
  expect(verdicts.filter((verdict) => verdict === 'promised')).toHaveLength(1);
  expect(await stockOf(loom, 'tapestry')).toMatchObject({ onHand: 1, reserved: 1 });
});

test('orders that share goods in another order of lines do not block each other', async () => {
  const lines = [
    { sku: 'thread-1kg', quantity: 1 },
    { sku: 'canvas-10m', quantity: 1 },
  ];
  const charge = { amount: 13_150, currency: 'EUR' };
  const asking = Array.from({ length: 20 }, (_, index) =>
    present({ orderId: newOrderId(), lines: index % 2 === 0 ? lines : lines.toReversed(), charge }),
  );
  expect((await Promise.all(asking)).map(({ receipt }) => receipt['verdict'])).toEqual(asking.map(() => 'promised'));
});

test('a check keeps the charge with which it was issued, and a new charge counts for what is issued from then on', async () => {
  const lines = [{ sku: 'canvas-10m', quantity: 1 }];
  const former = { amount: 11_500, currency: 'EUR' };
  const message = await presentation(loom.office, { orderId: newOrderId(), lines, charge: former });
  expect(await changeCommodity(loom.shop.deps, 'canvas-10m', { priceAmount: 12_000 })).toBeUndefined();
  expect((await send(loom, message)).receipt).toMatchObject({ verdict: 'promised' });
  const later = { iat: Math.floor(Date.now() / 1000) + 60 };
  const stale = await present({ orderId: newOrderId(), lines, charge: former, check: later });
  expect(stale.receipt).toMatchObject({ verdict: 'refused', body: { reason: 'charge_differs' } });
  const charge = { amount: 12_000, currency: 'EUR' };
  expect((await present({ orderId: newOrderId(), lines, charge })).receipt).toMatchObject({ verdict: 'promised' });
});

test('an instruction that is too large for a receipt is promised through the API', async () => {
  const { office } = loom;
  const orderId = newOrderId();
  const accepted = `POST /v1/orders/${orderId}/acceptance`;
  office.answers.set(accepted, () => ({ status: 200, body: { id: orderId } }));
  await loom.shop.deps.orm.em
    .fork()
    .nativeUpdate(Commodity, { sku: 'wool-blanket' }, { name: 'x'.repeat(500), onHand: 5_000 });
  const lines = Array.from({ length: 1_000 }, () => ({ sku: 'wool-blanket', quantity: 1 }));
  const { receipt } = await present({ orderId, lines, charge: { amount: 1_000 * 8_900, currency: 'EUR' } });
  expect(receipt).toMatchObject({ verdict: 'later', body: {} });
  await until(
    () => office.asked.map(({ request }) => request),
    (asked) => asked.includes(accepted),
    { what: accepted },
  );
  expect(await orderOf(loom, orderId)).toMatchObject({ decision: 'promised', instruction: null });
});

test('a shop whose key was lost before the office had its promise signs receipt and instruction again, and reserves nothing twice', async () => {
  const orderId = newOrderId();
  const message = await presentation(loom.office, { orderId });
  const first = await send(loom, message);
  const before = await reserved('linen-3m');
  rmSync(join(loom.folder, 'key.json'));
  await loom.restart();
  for (let times = 0; times < 2; times += 1) {
    const { text, receipt } = await send(loom, message);
    expect(text).not.toBe(first.text);
    const { verdict, body } = receipt as { verdict: string; body: { instruction: string } };
    expect(verdict).toBe('promised');
    await jwtVerify(body.instruction, await keysOf(loom.shop), { typ: 'instruction+jwt' });
  }
  expect(await reserved('linen-3m')).toBe(before);
});
