import { describe, expect, test } from '@jest/globals';
import { adviceFor, type Case, type Decision } from '../../domain/advice.ts';
import { ATTENTION_REASONS, WORKFLOW_STEP } from '../../domain/attention-reasons.ts';
import { STAGES, type Attention } from '../../domain/order.ts';

const since = '2026-03-02T12:00:00.000Z';
const trouble = (step: string, reason: string): Attention => ({ step, reason, since, waitingOn: 'operator' });
const decisions = (order: Case): Decision[] => adviceFor(order).map(({ action }) => action);

const ROWS: readonly (readonly [what: string, order: Case, helps: readonly Decision[]])[] = [
  [
    'a step that fails is tried again, or the order ended',
    { stage: 'check_issued', attention: trouble('validateCheck', 'DatabaseSlow'), runs: true },
    ['retry', 'abort'],
  ],
  [
    'a parked step alike',
    { stage: 'accepted', attention: trouble('scheduleDispatch', 'Parked:StepFailed'), runs: true },
    ['retry', 'abort'],
  ],
  [
    'a credit judgement can be stood in for',
    { stage: 'requested', attention: trouble('judgeCredit', 'TimedOut'), runs: true },
    ['retry', 'override_credit', 'abort'],
  ],
  [
    'what is delivered is not aborted',
    { stage: 'delivered', attention: trouble('settlePayment', 'LedgerRefusal'), runs: true },
    ['retry'],
  ],
  [
    'an order without a workflow is resumed, or ended from its row',
    { stage: 'presented', attention: trouble(WORKFLOW_STEP, 'WorkflowTerminated'), runs: false },
    ['resume', 'abort'],
  ],
  [
    'one whose workflow has done more than its record holds is made whole by the command line alone',
    { stage: 'presented', attention: trouble(WORKFLOW_STEP, 'WorkflowCompleted'), runs: false },
    [],
  ],
  [
    'a delivered one without a workflow is resumed',
    { stage: 'delivered', attention: trouble(WORKFLOW_STEP, 'WorkflowMissing'), runs: false },
    ['resume'],
  ],
  [
    'one that has ended and whose end is not signed for is resumed',
    { stage: 'cancelled', attention: trouble(WORKFLOW_STEP, 'WorkflowTerminated'), runs: false },
    ['resume'],
  ],
  [
    'a report after the end is acknowledged, whether or not a workflow runs',
    { stage: 'cancelled', attention: trouble('delivery', 'ReportAfterEnd'), runs: false },
    ['acknowledge'],
  ],
  [
    'a party that must act is brought to it by no retry',
    { stage: 'in_distribution', attention: trouble('delivery', 'Overdue'), runs: true },
    ['abort'],
  ],
  [
    'nor is a suspension lifted by one',
    { stage: 'presented', attention: trouble('acceptOrder', 'SellerSuspended'), runs: true },
    ['abort'],
  ],
  [
    'a worker that is missing no decision about an order brings back',
    { stage: 'presented', attention: trouble(WORKFLOW_STEP, 'NoWorker'), runs: true },
    [],
  ],
  [
    'nor a build without the fault',
    { stage: 'presented', attention: trouble(WORKFLOW_STEP, 'WorkflowTaskFailing: a fault'), runs: true },
    [],
  ],
  [
    'whoever does not act ends the order by it, if the operator says so',
    { stage: 'presented', attention: null, runs: true, waitsFor: 'seller-mill' },
    ['abort'],
  ],
  [
    'goods on their way need nobody',
    { stage: 'scheduled', attention: null, runs: true, waitsFor: 'distributor-swift' },
    [],
  ],
  [
    'a seller that has not demanded its payment neither',
    { stage: 'delivered', attention: null, runs: true, waitsFor: 'seller-mill' },
    [],
  ],
  ['what waits for nobody neither', { stage: 'completed', attention: null, runs: false }, []],
];

describe('what an operator can decide', () => {
  test.each(ROWS)('%s', (_what, order, helps) => {
    expect(decisions(order)).toEqual(helps);
  });

  test('of every reason at every stage each decision is named once, with why', () => {
    for (const reason of Object.keys(ATTENTION_REASONS)) {
      for (const stage of STAGES) {
        for (const runs of [true, false]) {
          const advice = adviceFor({ stage, attention: trouble('judgeCredit', reason), runs });
          expect(new Set(advice.map(({ action }) => action)).size).toBe(advice.length);
          expect(advice.every(({ why }) => why.length > 10)).toBe(true);
          expect(
            advice.some(({ action }) => action === 'abort') && ['delivered', 'completed', 'refunded'].includes(stage),
          ).toBe(false);
        }
      }
    }
  });
});
