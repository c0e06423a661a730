import { decodeJwt } from 'jose';
import type { DeliverTo } from '../../domain/order.ts';
import { formerOrderDigest, orderDigest } from '../../office/checks/index.ts';
import { digestOf, testTerminal } from '../support/terminal.ts';
import { stepOffice, type OfficeOrder, type StepOffice } from './support/step-office.ts';

/* What the presentation of a check refuses, however often it is repeated. */

let office: StepOffice;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());

async function issued(): Promise<OfficeOrder> {
  const order = await office.order();
  await order.until('issue');
  return order;
}

const UNTOUCHED = { stage: 'check_issued', payment: 'held', check: 'issued', transfers: ['hold'] };

test('a good check is presented once; a repetition finds it done', async () => {
  const order = await issued();
  expect(await order.present()).toEqual({ kind: 'valid' });
  const books = await order.books();
  expect(books).toMatchObject({ stage: 'presented', check: 'presented', ending: undefined });
  expect(books.events.slice(-2)).toEqual(['check_presented', 'check_validated']);
  expect(await order.present()).toEqual({ kind: 'valid' });
  expect(await order.books()).toEqual(books);
});

test.each([
  ['not by its buyer', { presentedBy: 'buyer-bob' }, 'wrong_payee'],
  ['to another seller', { sellerId: 'seller-forge' }, 'wrong_payee'],
  ['with other goods', { lines: [{ sku: 'rye-1kg', quantity: 30 }] }, 'altered'],
  ['with an address that was not sealed here', { deliverToSealed: 'e30.e30.e30.e30.e30' }, 'altered'],
  ['with what is no check', { echeck: 'head.body.signature' }, 'bad_signature'],
])('presented %s it is refused, and can be presented again', async (_what, change, reason) => {
  const order = await issued();
  expect(await order.present(change)).toEqual({ kind: 'refused', reason });
  expect(await order.present({ ...change, attempt: 2 })).toEqual({ kind: 'refused', reason });
  const books = await order.books();
  expect(books).toMatchObject(UNTOUCHED);
  expect(books.events.filter((type) => type === 'check_refused')).toHaveLength(2);
  expect(await order.present({ attempt: 3 })).toEqual({ kind: 'valid' });
});

describe('a check that is bound to a terminal', () => {
  const GOODS = [{ sku: 'rye-1kg', quantity: 3 }];
  const HOME = { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };

  async function bound() {
    const terminal = await testTerminal();
    const { terminalKey } = terminal;
    const order = await office.order({ terminalKey });
    await order.until('issue');
    const [row] = await office.sql('select jws from echecks where order_id = ?', [order.id]);
    const good = { digest: digestOf(String(row?.jws)), lines: GOODS, deliverTo: HOME };
    const signed = async (change: object = {}, by = terminal) => ({
      terminalKey,
      presentationSealed: await office.sealedText(await by.sign({ ...good, ...change })),
    });
    return { order, terminal, signed, jws: String(row?.jws) };
  }

  test('says so, and is presented by what its key has signed, which stays on record sealed', async () => {
    const { order, terminal, signed, jws } = await bound();
    expect(decodeJwt(jws)['cnf']).toEqual({ jkt: terminal.thumbprint });
    const presentation = await signed();
    expect(await order.present(presentation)).toEqual({ kind: 'valid' });
    const [event] = await office.sql("select body from order_events where order_id = ? and type = 'check_presented'", [
      order.id,
    ]);
    expect(event?.body).toMatchObject({ echeck: jws, presentationSealed: presentation.presentationSealed });
  });

  test.each<[string, object, string]>([
    ['with other goods', { lines: [{ sku: 'rye-1kg', quantity: 30 }] }, 'altered'],
    ['with another address', { deliverTo: { ...HOME, city: 'Bonn' } }, 'altered'],
    ['with another check', { digest: digestOf('another.check.text') }, 'altered'],
    ['without its goods', { lines: undefined }, 'wrong_terminal'],
  ])('presented by its key %s it is refused, and can be presented again', async (_what, change, reason) => {
    const { order, signed } = await bound();
    expect(await order.present(await signed(change))).toEqual({ kind: 'refused', reason });
    expect(await order.books()).toMatchObject(UNTOUCHED);
    expect(await order.present({ ...(await signed()), attempt: 2 })).toEqual({ kind: 'valid' });
  });

  test('is refused without a signature, by another key, by another person, and with the key left out', async () => {
    const { order, terminal, signed } = await bound();
    const { terminalKey } = terminal;
    const refused = { kind: 'refused', reason: 'wrong_terminal' };
    expect(await order.present({ terminalKey })).toEqual(refused);
    expect(await order.present({ attempt: 2 })).toEqual(refused);
    expect(await order.present({ ...(await signed({}, await testTerminal())), attempt: 3 })).toEqual(refused);
    const keyless = { ...(await signed()), terminalKey: undefined };
    expect(await order.present({ ...keyless, attempt: 4 })).toEqual(refused);
    const other = await testTerminal();
    const swapped = { ...(await signed({}, other)), terminalKey: other.terminalKey };
    expect(await order.present({ ...swapped, attempt: 5 })).toEqual(refused);
    expect(await order.present({ ...(await signed()), presentedBy: 'buyer-bob', attempt: 6 })).toEqual({
      kind: 'refused',
      reason: 'wrong_payee',
    });
    expect(await order.books()).toMatchObject(UNTOUCHED);
  });
});

test('a check that is bound to no terminal is presented by no signed message', async () => {
  const order = await issued();
  const terminal = await testTerminal();
  const presentationSealed = await office.sealedText(await terminal.sign({}));
  expect(await order.present({ presentationSealed })).toEqual({ kind: 'refused', reason: 'wrong_terminal' });
  expect(await order.present({ attempt: 2 })).toEqual({ kind: 'valid' });
});

describe('an address with accents', () => {
  const composed = { name: 'Zoë', street: 'Große Str. 1', city: 'Köln', postalCode: '50667', country: 'DE' };
  const decomposed = { ...composed, name: 'Zoe\u0308', city: 'Ko\u0308ln' };
  const lines = [{ sku: 'rye-1kg', quantity: 3 }];
  const contentOf = (deliverTo: DeliverTo) => ({ lines, deliverTo, salt: 'salt' });

  async function issuedFor(ordered: DeliverTo, digest: string): Promise<OfficeOrder> {
    const order = await office.order({ deliverToSealed: await office.sealed(ordered), orderDigest: digest });
    await order.until('issue');
    return order;
  }

  test.each([
    ['composed', composed, decomposed],
    ['decomposed', decomposed, composed],
  ])('ordered %s, is presented with the other spelling', async (_what, ordered, presented) => {
    const order = await issuedFor(ordered, orderDigest(contentOf(ordered)));
    expect(await order.present({ deliverToSealed: await office.sealed(presented) })).toEqual({ kind: 'valid' });
  });

  test('of a check from before texts were compared in NFC is the same as it was sent, and no other', async () => {
    const order = await issuedFor(decomposed, formerOrderDigest(contentOf(decomposed)));
    const moved = await office.sealed({ ...decomposed, city: 'Bonn' });
    expect(await order.present({ deliverToSealed: moved })).toEqual({ kind: 'refused', reason: 'altered' });
    expect(await order.present({ attempt: 2 })).toEqual({ kind: 'valid' });
  });
});

test('one refusal is one event, however often its step is repeated', async () => {
  const order = await issued();
  await order.present({ presentedBy: 'buyer-bob' });
  await order.present({ presentedBy: 'buyer-bob' });
  const refusals = await office.sql(
    "select actor, recipient, body from order_events where order_id = ? and type = 'check_refused'",
    [order.id],
  );
  const body = { valid: false, reason: 'wrong_payee' };
  expect(refusals).toEqual([{ actor: 'seller-mill', recipient: 'buyer-bob', body }]);
});

test('the check of another order pays for none but its own', async () => {
  const [order, other] = [await issued(), await issued()];
  const [row] = await office.sql('select jws from echecks where order_id = ?', [other.id]);
  expect(await order.present({ echeck: String(row?.jws) })).toEqual({ kind: 'refused', reason: 'altered' });
  expect(await other.books()).toMatchObject(UNTOUCHED);
});

test('a check that a decided order presents is not presented any more', async () => {
  const order = await issued();
  await office.steps.decideEnding(order.ended('cancelled'));
  expect(await order.present()).toMatchObject({ kind: 'decided', ending: { stage: 'cancelled' } });
  expect(await order.books()).toMatchObject({ ...UNTOUCHED, ending: 'cancelled' });
});

test('a presentation that is repeated after the end was decided is told of the end', async () => {
  const order = await issued();
  await order.present();
  await office.steps.decideEnding(order.ended('cancelled'));
  expect(await order.present()).toMatchObject({ kind: 'decided', ending: { stage: 'cancelled' } });
});

test('an agent that promises at once does so in the same step, and pays only where its buyer has it pay', async () => {
  const [paying, waiting] = [await issued(), await issued()];
  expect(await paying.present({ sellerAgent: 'auto' })).toEqual({ kind: 'valid' });
  expect(await waiting.present({ sellerAgent: 'auto', paymentAgent: 'manual' })).toEqual({ kind: 'valid' });
  expect((await paying.books()).events.slice(-2)).toEqual(['distribution_promised', 'payment_indicated']);
  expect((await waiting.books()).events.at(-1)).toBe('distribution_promised');
  expect(await waiting.books()).toMatchObject({ stage: 'accepted', check: 'accepted' });
});
