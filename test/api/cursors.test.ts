import { expect, test } from '@jest/globals';
import { printCursor, readCursor } from '../../api/http/cursor.ts';

const id = `order-${'0'.repeat(26)}`;
const printed = (createdAt: string) => Buffer.from(`${createdAt}|${id}`).toString('base64url');

test('a place in the list is told in UTC and read back', () => {
  const place = { createdAt: '2026-11-28T12:00:00.123456Z', id };
  expect(readCursor(printCursor(place) ?? '')).toEqual(place);
});

test.each(['2026-11-28 12:00:00.1+00', '2026-11-28 07:00:00-05', '2026-11-28 17:45:00.123456+05:45'])(
  'what a former version printed in the zone of its session is read: %s',
  (createdAt) => {
    expect(readCursor(printed(createdAt))).toEqual({ createdAt, id });
  },
);

test.each(['28/11/2026 12:00:00 UTC', '2026-11-28', 'infinity', '2026-13-28T12:00:00Z'])(
  '%s is no place',
  (createdAt) => {
    expect(() => readCursor(printed(createdAt))).toThrow(/not one of this list/);
  },
);
