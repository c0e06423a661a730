import { expect, test } from '@jest/globals';
import type { OrderStart } from '../../workflows/runtime/carried-state.ts';
import { isBehind, knownBy } from '../../restore/knowledge.ts';
import type { Progress } from '../../restore/record.ts';
import type { ToldRun, ToldStep } from '../../restore/replaying.ts';

/* Whether a workflow knows less than the record, where its run did not begin the order. */

const INSTRUCTED: Progress = {
  stage: 'accepted',
  paid: false,
  indicated: true,
  instructed: true,
  reports: new Set(),
};

function run(input: object, ...steps: readonly Pick<ToldStep, 'name' | 'answer'>[]): ToldRun {
  const told = steps.map((step) => ({ ...step, input: {}, at: new Date(0), isTransmission: false }));
  return { input: input as OrderStart, steps: told } as unknown as ToldRun;
}

test.each<[string, object, boolean]>([
  [
    'says that it instructed, though it waits for no date while the distributor is suspended',
    { instructed: true },
    false,
  ],
  ['of a former build waits for the date', { awaitsSchedule: true }, false],
  ['has not instructed', {}, true],
])('one that was carried on and %s', (_what, carried, behind) => {
  const state = {
    stage: 'accepted',
    paymentIndicated: true,
    awaitsSchedule: false,
    paid: false,
    reports: [],
    ...carried,
  };
  expect(isBehind(knownBy(run({ carried: state })), INSTRUCTED)).toBe(behind);
});

test('one that went on from the record instructs again, under the same key', () => {
  const order = { stage: 'accepted', payment: { status: 'held' }, distribution: null };
  const recalled = { order, paid: false, paymentIndicated: true, reports: [] };
  const begun = { name: 'priceOrder', answer: { kind: 'recorded' } };
  const known = knownBy(run({ resumed: true }, begun, { name: 'recallOrder', answer: recalled }));
  expect(isBehind(known, INSTRUCTED)).toBe(false);
  expect(isBehind(known, { ...INSTRUCTED, stage: 'scheduled' })).toBe(true);
});
