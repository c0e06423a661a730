import { expect, test } from '@jest/globals';
import { until } from '../support/until.ts';

/* How tests wait: until it is so, and no longer than their patience. */

const OFTEN = { pauseMs: 1 };
/** Where the wait is to fail. */
const SOON = { ...OFTEN, patienceMs: 60 };

/** Reads 1, 2, 3 and so on. */
function counting(): () => number {
  let count = 0;
  return () => (count += 1);
}

test('the first value that is as wanted is the answer', async () => {
  expect(await until(counting(), (count) => count === 3, OFTEN)).toBe(3);
  const values = [1, 2, 'three'];
  const isText = (value: number | string | undefined): value is string => typeof value === 'string';
  const text: string = await until(async () => values.shift(), isText, OFTEN);
  expect(text).toBe('three');
});

test('without a condition, the first value that there is', async () => {
  const values: (string | boolean | null | undefined)[] = [undefined, null, false, 'there'];
  const found: string | true = await until(() => values.shift(), OFTEN);
  expect(found).toBe('there');
});

test('at the end of the patience it says what was waited for, and what was seen last', async () => {
  const never = until(
    () => ({ stage: 'accepted' }),
    ({ stage }) => stage === 'scheduled',
    SOON,
  );
  await expect(never).rejects.toThrow(/^waited 0.06 s for: .*'?scheduled'?[^]*seen last: \{ stage: 'accepted' \}$/);
  const named = until(() => false, { ...SOON, what: 'the moon', seen: () => 'the sun' });
  await expect(named).rejects.toThrow('waited 0.06 s for: the moon\nseen last: the sun');
});

test('while something moves the patience begins anew', async () => {
  const moving = { pauseMs: 20, patienceMs: 200, progress: String };
  expect(await until(counting(), (count) => count === 20, moving)).toBe(20);
  await expect(until(counting(), (count) => count === 10_000, { ...SOON, progress: () => 'still' })).rejects.toThrow(
    'waited',
  );
});

test('what a reading throws is thrown at once', async () => {
  let readings = 0;
  const failing = () => {
    readings += 1;
    throw new Error('no such order');
  };
  await expect(until(failing, SOON)).rejects.toThrow('no such order');
  expect(readings).toBe(1);
});
