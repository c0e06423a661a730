import { describe, expect, test } from '@jest/globals';
import { type Case, decisionsFor, type Decision } from '../../../web/check-office/decisions.ts';

const offered = (order: Partial<Case>): Decision[] =>
  decisionsFor({ stage: 'accepted', ended: false, trouble: null, ...order }).map(({ action }) => action);
const stuckAt = (step: string, reason = 'DatabaseUnavailable') => ({ trouble: { step, reason } });

describe('what an operator can decide about an order', () => {
  test.each<[string, Partial<Case>, Decision[]]>([
    ['a healthy order', {}, ['abort']],
    ['a delivered one', { stage: 'delivered' }, []],
    ['an ended one', { stage: 'completed', ended: true }, []],
    ['one that is stuck at a step', stuckAt('scheduleDispatch'), ['retry', 'abort']],
    ['one whose goods are delivered', { stage: 'delivered', ...stuckAt('settle') }, ['retry']],
    ['one whose credit cannot be judged', stuckAt('judgeCredit'), ['retry', 'override_credit', 'abort']],
    ['one whose workflow is gone', stuckAt('workflow', 'WorkflowTerminated'), ['resume', 'abort']],
    [
      'a report after delivered goods',
      { stage: 'delivered', ...stuckAt('delivery', 'ReportAfterEnd') },
      ['acknowledge'],
    ],
    ['a report after the end', { ended: true, ...stuckAt('delivery', 'ReportAfterEnd') }, ['acknowledge']],
  ])('%s', (_what, order, decisions) => {
    expect(offered(order)).toEqual(decisions);
  });

  test('what the diagnosis advises comes first, what ends the order last', () => {
    const advice = [
      { action: 'abort', why: 'the order ends' },
      { action: 'resume', why: 'its workflow starts again' },
    ] as const;
    expect(decisionsFor({ stage: 'presented', ended: false, ...stuckAt('workflow', 'NoWorker'), advice })).toEqual([
      { action: 'resume', why: 'its workflow starts again' },
      { action: 'retry', why: undefined },
      { action: 'abort', why: 'the order ends' },
    ]);
  });

  test('what only the diagnosis knows is offered, too', () => {
    const advice = [{ action: 'resume', why: 'a server has not signed for the end' }] as const;
    expect(offered({ stage: 'cancelled', ended: true, advice })).toEqual(['resume']);
  });
});
