import { describe, expect, test } from '@jest/globals';
import { keptKeys } from '../../../web/data/kept-keys.ts';

describe('the key of an act', () => {
  const deposit = ['olga', 'deposit to ada', { amount: 100 }];

  test('stays the same until the act is decided', () => {
    const keys = keptKeys();
    const key = keys.keyOf(deposit);
    expect(keys.keyOf([...deposit])).toBe(key);
    keys.decided(deposit);
    expect(keys.keyOf(deposit)).not.toBe(key);
  });

  test.each([
    ['another person', ['otto', 'deposit to ada', { amount: 100 }]],
    ['another object', ['olga', 'deposit to bob', { amount: 100 }]],
    ['another input', ['olga', 'deposit to ada', { amount: 200 }]],
  ])('%s has another one, and leaves it as it is', (_what, other) => {
    const keys = keptKeys();
    const key = keys.keyOf(deposit);
    expect(keys.keyOf(other)).not.toBe(key);
    keys.decided(other);
    expect(keys.keyOf(deposit)).toBe(key);
  });
});
