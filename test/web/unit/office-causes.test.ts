import { expect, test } from '@jest/globals';
import { causesOf } from '../../../web/check-office/stuck/causes.ts';

const stuck = (id: string, reason: string, waitingOn?: string) => ({ id, attention: { reason, waitingOn } });

test('orders that wait for the same cause and party belong together, the most common first', () => {
  const orders = [
    stuck('order-1', 'SellerSuspended', 'operator'),
    stuck('order-2', 'SiteUnreachable', 'seller-loom'),
    stuck('order-3', 'SiteUnreachable', 'distributor-rail'),
    stuck('order-4', 'SiteUnreachable', 'seller-loom'),
  ];
  expect(causesOf(orders).map(({ orderIds }) => orderIds)).toEqual([['order-2', 'order-4'], ['order-1'], ['order-3']]);
  expect(causesOf([{ id: 'order-5', attention: null }])).toEqual([
    { reason: 'unknown', waitingOn: undefined, orderIds: ['order-5'] },
  ]);
});
