import { expect, test } from '@jest/globals';
import { filterIn, orderFilter, searchFor } from '../../../web/check-office/board/filter.ts';
import { momentOf } from '../../../web/check-office/days.ts';

test('a filter goes into the address and comes back', () => {
  const filter = { stage: 'presented', sellerId: 'seller-mill', from: '2026-11-01', to: '2026-11-29' };
  expect(filterIn(new URLSearchParams(searchFor(filter)))).toEqual(filter);
  expect(searchFor({ stage: undefined, buyerId: '' })).toEqual({});
  expect(filterIn(new URLSearchParams('view=board&buyerId=%20&nonsense=1'))).toEqual({});
});

test('days are whole days of the browser, the last one included', () => {
  const { createdAfter, createdBefore, ...rest } = orderFilter({ from: '2026-11-29', to: '2026-11-29' });
  const midnight = new Date(2026, 10, 29);
  expect(createdAfter).toBe(new Date(midnight.getTime() - 1).toISOString());
  expect(createdBefore).toBe(new Date(2026, 10, 30).toISOString());
  expect(rest).toEqual({ limit: 20 });
});

test.each(['', 'soon', '2026-11', '29.11.2026'])('"%s" is no day', (day) => {
  expect(momentOf(day)).toBeUndefined();
});
