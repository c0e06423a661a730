import {
  checkNumberOf,
  orderIdOf,
  parseCheckNumber,
  parseOrderId,
  stepKey,
  transferKey,
  workflowIdOf,
} from '../../domain/ids.ts';
import { keptInstant } from '../../domain/instant.ts';
import { feeReturned, LedgerRefusal, officeAccountId } from '../../domain/ledger.ts';
import { isRole, ROLES } from '../../domain/party.ts';
import { driftOf, WHAT_TO_DO } from '../../domain/reconciliation.ts';

const TAIL = 'abcdefghijklmnopqrstuvwxy0';
const ID = `order-${TAIL}`;

test('an order id is its prefix and 26 characters, and so is a check number', () => {
  expect(parseOrderId(ID)).toBe(ID);
  expect(parseCheckNumber(`check-${TAIL}`)).toBe(`check-${TAIL}`);
  for (const text of [
    '',
    TAIL,
    `x${ID}`,
    `${ID}a`,
    ID.slice(0, -1),
    `order-${TAIL.toUpperCase()}`,
    `order-${TAIL.slice(1)}-`,
  ]) {
    expect(parseOrderId(text)).toBeUndefined();
    expect(parseCheckNumber(text.replace('order', 'check'))).toBeUndefined();
  }
  expect(parseOrderId(`check-${TAIL}`)).toBeUndefined();
  expect(parseCheckNumber(ID)).toBeUndefined();
});

test('check number, workflow and keys follow from the order id, and lead back to it', () => {
  const orderId = parseOrderId(ID);
  if (!orderId) throw new Error('a good id');
  expect(checkNumberOf(orderId)).toBe(`check-${TAIL}`);
  expect(orderIdOf(checkNumberOf(orderId))).toBe(orderId);
  expect(workflowIdOf(orderId)).toBe(ID);
  expect(stepKey(orderId, 'refund:undo')).toBe(`${ID}:refund:undo`);
  const steps = (['issue', 'settle', 'void', 'expire'] as const).map((step) => transferKey(orderId, step));
  expect(steps).toEqual([`${ID}:issue`, `${ID}:settle`, `${ID}:void`, `${ID}:expire`]);
  expect(officeAccountId('world', 'EUR')).toBe('office:world:EUR');
});

test('the fee comes back in the share of the refund, and all of it with the last part', () => {
  const order = { settledMinor: 1_000n, feeMinor: 30n, feeReturnedMinor: 0n };
  expect(feeReturned({ ...order, refundedAfterMinor: 500n })).toBe(15n);
  expect(feeReturned({ ...order, feeReturnedMinor: 15n, refundedAfterMinor: 1_000n })).toBe(15n);
  expect(feeReturned({ ...order, feeMinor: 0n, refundedAfterMinor: 1_000n })).toBe(0n);
});

test('a refusal of the ledger has its code, its words and its name', () => {
  const cause = new Error('beneath');
  const refusal = new LedgerRefusal('rule', 'no', { cause });
  expect(refusal).toMatchObject({ name: 'LedgerRefusal', code: 'rule', message: 'no', cause });
});

test.each([
  ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ['2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00.000Z'],
  ['1969-12-31T23:59:59.999Z', undefined],
  ['+010000-01-01T00:00:00Z', undefined],
  ['yesterday', undefined],
])('%s is kept as %s', (text, kept) => {
  expect(keptInstant(text)).toBe(kept);
});

test('a role is one of the four parties', () => {
  for (const role of ROLES) expect(isRole(role)).toBe(true);
  for (const other of ['Buyer', 'admin', '', undefined, null, 1, ROLES]) expect(isRole(other)).toBe(false);
});

test('a drift says about what, and what to do', () => {
  const drift = driftOf('hold-without-check', { orderId: ID, detail: 'd' });
  expect(drift).toEqual({
    kind: 'hold-without-check',
    orderId: ID,
    accountId: null,
    detail: 'd',
    whatToDo: WHAT_TO_DO['hold-without-check'],
  });
  expect(driftOf('balance-differs', { accountId: 'a', detail: '' })).toMatchObject({ orderId: null, accountId: 'a' });
  for (const advice of Object.values(WHAT_TO_DO)) expect(advice.length).toBeGreaterThan(20);
});
