import { describe, expect, test } from '@jest/globals';
import {
  attentionCursor,
  entryCursor,
  orderCursor,
  registryCursor,
  statementCursor,
  webhookCursor,
  type CursorCodec,
} from '../../api/http/cursor.ts';

const id = `order-${'0'.repeat(26)}`;
const encode = (text: string) => Buffer.from(text).toString('base64url');
const printed = (createdAt: string) => encode(`${createdAt}|${id}`);

test('a place in the list is told in UTC and read back', () => {
  const place = { createdAt: '2026-11-28T12:00:00.123456Z', id };
  expect(orderCursor.read(orderCursor.print(place) ?? '')).toEqual(place);
});

test.each(['2026-11-28 12:00:00.1+00', '2026-11-28 07:00:00-05', '2026-11-28 17:45:00.123456+05:45'])(
  'what a former version printed in the zone of its session is read: %s',
  (createdAt) => {
    expect(orderCursor.read(printed(createdAt))).toEqual({ createdAt, id });
  },
);

test.each([
  '28/11/2026 12:00:00 UTC',
  '2026-11-28',
  'infinity',
  '2026-13-28T12:00:00Z',
  // `Date.parse` reads these, PostgreSQL does not.
  '2026-02-31T12:00:00Z',
  '2026-04-31 12:00:00+02',
  '0000-01-01T00:00:00Z',
  '2026-11-28T12:00:00+23:59',
  '2026-11-28 12:00:00-18:30',
])('%s is no place', (createdAt) => {
  expect(() => orderCursor.read(printed(createdAt))).toThrow(/not one of this list/);
});

test.each([
  '9999-99-99T99:99:99.999Z',
  '0000-00-00T00:00:00.000Z',
  '2026-02-31T00:00:00.000Z',
  '1969-12-31T23:59:59.999Z',
])('nor is a list read on at %s', (time) => {
  expect(() => statementCursor.read(encode(`statement|1|${time}`))).toThrow(/not one of this list/);
  expect(() => attentionCursor.read(encode(`attention|${time}|${id}`))).toThrow(/not one of this list/);
});

/** As clients hold them from former versions. */
const lists: [string, CursorCodec<never>, object, string][] = [
  ['orders', orderCursor, { createdAt: '2026-11-28T12:00:00.123456Z', id }, `2026-11-28T12:00:00.123456Z|${id}`],
  [
    'orders that need a person',
    attentionCursor,
    { place: '2026-11-28T12:00:00.123Z', id },
    `attention|2026-11-28T12:00:00.123Z|${id}`,
  ],
  [
    'webhooks',
    webhookCursor,
    { createdAtMicros: '1764331200123456', id: `webhook-${'a'.repeat(26)}` },
    `1764331200123456|webhook-${'a'.repeat(26)}`,
  ],
  ['registrations', registryCursor, { id: 'seller-mill' }, 'registry|seller-mill'],
  ['entries', entryCursor, { id: '17' }, '17'],
] as [string, CursorCodec<never>, object, string][];

describe.each(lists)('the cursor of %s', (_list, cursor, position, text) => {
  test('is what it has always been', () => {
    expect(cursor.print(position as never)).toBe(encode(text));
    expect(cursor.read(encode(text))).toEqual(position);
    expect(cursor.read(undefined)).toBeUndefined();
    expect(cursor.print(undefined)).toBeNull();
  });

  test('is refused when it is of another list, or of none', () => {
    const others = lists.flatMap(([, , , other]) => (other === text ? [] : [encode(other)]));
    for (const wrong of ['', 'x', 'LTE', encode("1' or 1=1"), encode(`${text}|`), ...others])
      expect(() => cursor.read(wrong)).toThrow(/not one of this list/);
  });
});
