import { netsToZero, rowsOf } from '../../../web/order/money-rows.ts';

const eur = (amount: number) => ({ amount, currency: 'EUR' as const });
const entry = (
  transferId: string,
  accountId: string,
  kind: 'hold' | 'capture',
  sums: [amount: number, held: number],
) => ({
  id: `${transferId}-${accountId}`,
  transferId,
  accountId,
  kind,
  amount: eur(sums[0]),
  held: eur(sums[1]),
  balanceBefore: null,
  balanceAfter: null,
  heldBefore: null,
  heldAfter: null,
  orderId: 'order-1',
  checkNumber: null,
  reason: null,
  createdAt: '2026-11-29T08:00:00.000Z',
});

const ENTRIES = [
  entry('5', 'buyer-ada', 'hold', [0, 1000]),
  entry('8', 'buyer-ada', 'capture', [-1000, -1000]),
  entry('8', 'seller-mill', 'capture', [980, 0]),
  entry('8', 'office:fees:EUR', 'capture', [20, 0]),
];

test('each transfer is one row, with what it did to each account and to what is held', () => {
  const rows = rowsOf({ entries: ENTRIES }).map(({ kind, amounts, held }) => [kind, Object.fromEntries(amounts), held]);
  expect(rows).toEqual([
    ['hold', { 'buyer-ada': eur(0) }, eur(1000)],
    ['capture', { 'buyer-ada': eur(-1000), 'seller-mill': eur(980), 'office:fees:EUR': eur(20) }, eur(-1000)],
  ]);
});

test('the page adds the entries up itself', () => {
  expect(netsToZero({ entries: ENTRIES })).toBe(true);
  expect(netsToZero({ entries: ENTRIES.slice(0, 3) })).toBe(false);
  expect(netsToZero({ entries: [] })).toBe(true);
});
