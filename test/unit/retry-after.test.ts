import { expect, test } from '@jest/globals';
import { retryAfterMs } from '../../domain/retry-after.ts';

const NOW = new Date('2026-11-24T09:00:00.000Z');

test.each([
  ['120', 120_000],
  ['0', 0],
  [' 7 ', 7_000],
  ['Tue, 24 Nov 2026 09:01:30 GMT', 90_000],
  ['Tuesday, 24-Nov-26 09:01:30 GMT', 90_000],
  ['Tue Nov 24 09:01:30 2026', 90_000],
  ['Tue, 24 Nov 2026 08:00:00 GMT', 0],
  ['1.5', undefined],
  ['-5', undefined],
  ['99999999999999', Number.MAX_SAFE_INTEGER],
  ['99999999999999999999999', Number.MAX_SAFE_INTEGER],
  ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  ['2026-11-24T09:01:30Z', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After: %s', (header, wait) => expect(retryAfterMs(header, NOW)).toBe(wait));
