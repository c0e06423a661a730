import { movedBy } from '../../../web/data/moved-by.ts';

const MOVED = new Set(['order-1']);
const ofOrder = (path: string, orderId: string) => ['get', path, { params: { path: { orderId } } }];

test.each([
  ['the order itself', ofOrder('/v1/orders/{orderId}', 'order-1'), 'quick'],
  ['its timeline', ofOrder('/v1/orders/{orderId}/timeline', 'order-1'), 'quick'],
  ['another order', ofOrder('/v1/orders/{orderId}', 'order-2'), undefined],
  ['lists of orders', ['get', '/v1/orders', { params: { query: { stage: 'presented' } } }], 'quick'],
  ["one's own account", ['get', '/v1/account'], 'quick'],
  ['its entries', ['get', '/v1/account/entries', {}], 'quick'],
  ['who waits', ['get', '/v1/waiting-orders'], 'quick'],
  ['sums over all orders', ['get', '/v1/statistics', {}], 'slow'],
  ['a catalogue', ['get', '/v1/sellers/{sellerId}/commodities', { params: { path: { sellerId: 's' } } }], undefined],
  ['what is none of the API', ['demo-parties'], undefined],
])('when an order moves, %s: %#', (_what, key, pace) => {
  expect(movedBy(key, MOVED)).toBe(pace);
});
