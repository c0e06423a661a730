import { isEnded, mayMove, MOVES, STAGES } from '../../domain/order.ts';

const GOOD = STAGES.slice(0, STAGES.indexOf('completed') + 1);
const ENDINGS = ['declined', 'rejected', 'expired', 'cancelled', 'refunded'] as const;

test('a good order goes through the stages in their order', () => {
  for (const [index, stage] of GOOD.slice(1).entries())
    expect([GOOD[index], mayMove(GOOD[index]!, stage)]).toEqual([GOOD[index], true]);
});

test('no order ever moves backwards', () => {
  for (const from of GOOD)
    for (const to of MOVES[from]) {
      if (!ENDINGS.includes(to as never)) expect(STAGES.indexOf(to)).toBeGreaterThan(STAGES.indexOf(from));
    }
});

test('an early ending is the end', () => {
  for (const stage of ENDINGS) expect(MOVES[stage]).toEqual([]);
});

test('the workflow has ended exactly at `completed` and at the early endings', () => {
  expect(STAGES.filter(isEnded)).toEqual(['completed', ...ENDINGS]);
});

test('a delivered order can only be completed: the point of no return', () => {
  expect(MOVES.delivered).toEqual(['completed']);
});
