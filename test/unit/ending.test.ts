import { decidedAs, decidedEnding, DONE, endingFrom, type Ending, mayMove, STAGES } from '../../domain/order.ts';

const EARLY = ['declined', 'rejected', 'expired', 'cancelled', 'refunded'] as const;
const ending = (stage: Ending['stage']): Ending => ({ stage, reason: 'no', actor: 'operator-olga' });

test.each(EARLY)('%s after the payment is a refund, whatever the stage', (stage) => {
  for (const from of STAGES)
    expect(endingFrom(from, ending(stage), true)).toEqual({ ...ending(stage), stage: 'refunded' });
});

test.each(EARLY)(
  '%s of an unpaid order is taken where its stage allows it, and is a cancellation elsewhere',
  (stage) => {
    for (const from of STAGES) {
      const expected = mayMove(from, stage) ? stage : 'cancelled';
      expect(endingFrom(from, ending(stage), false)).toEqual({ ...ending(stage), stage: expected });
    }
  },
);

test('an early ending on record is what it says, but for an order that went well after all', () => {
  for (const stage of STAGES)
    expect(decidedEnding(stage, ending('cancelled'))).toEqual(stage === 'completed' ? undefined : ending('cancelled'));
});

test('an order of before decisions were recorded has ended where its stage says so', () => {
  for (const stage of STAGES) {
    const early = EARLY.find((each) => each === stage);
    const expected = early && { stage: early, reason: 'The order had ended before.', actor: 'service' };
    expect(decidedEnding(stage, null)).toEqual(expected);
  }
});

test('the answers of a step', () => {
  expect(DONE).toEqual({ kind: 'done' });
  expect(decidedAs(ending('expired'))).toEqual({ kind: 'decided', ending: ending('expired') });
});
