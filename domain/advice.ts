import { ATTENTION_REASONS, reasonKind, WORKFLOW_STEP, type ReasonAdvice } from './attention-reasons.ts';
import { REPORT_AFTER_END } from './delivery.ts';
import { type Attention, isEnded, type Stage } from './order.ts';

/** What an operator can decide about an order by itself, as `POST …/interventions` takes it. */
export const DECISIONS = ['retry', 'abort', 'override_credit', 'resume', 'acknowledge'] as const;
export type Decision = (typeof DECISIONS)[number];

/** A decision that would help, and what it brings about. */
export interface Advice {
  readonly action: Decision;
  readonly why: string;
}

/** What decides about the advice: how far the order is, what is wrong with it, and for whom it waits where nothing is. */
export interface Case {
  readonly stage: Stage;
  readonly attention: Attention | null;
  /** Whether a workflow works on it. */
  readonly runs: boolean;
  readonly waitsFor?: string;
}

/** What an operator can decide now, the nearest first; empty where it is not the order that must be helped, or nobody needs to. */
export function adviceFor(order: Case): Advice[] {
  const { attention, waitsFor, stage } = order;
  if (attention) return adviceOnTrouble(order, attention);
  if (waitsFor === undefined || !mayAbort(stage) || ON_ITS_WAY.includes(stage)) return [];
  return [abort(`${waitsFor} does not act: the order ends, and everything done for it is undone`)];
}

function adviceOnTrouble({ stage, runs }: Case, { step, reason }: Attention): Advice[] {
  if (reason === REPORT_AFTER_END.reason)
    return [{ action: 'acknowledge', why: 'it is settled with distributor and buyer what became of the goods' }];
  const end = mayAbort(stage) ? [abort('the order ends, and everything done for it is undone')] : [];
  // Its record knows less: only the command line has the workflow's history to take it from.
  if (!runs && reason === 'WorkflowCompleted') return [];
  if (!runs) return [{ action: 'resume', why: 'its workflow starts again and goes on from what is on record' }, ...end];
  // A worker is missing, or a build without the fault: no decision about this order brings either.
  if (step === WORKFLOW_STEP) return [];
  const { meaning, waits }: ReasonAdvice = ATTENTION_REASONS[reasonKind(reason)];
  if (waits) return end;
  const retry: Advice = { action: 'retry', why: `the cause is removed (${meaning}): it is tried again at once` };
  return [retry, ...(step === 'judgeCredit' ? [OVERRIDE] : []), ...end];
}

const OVERRIDE: Advice = {
  action: 'override_credit',
  why: 'the credit counts as good; the ledger still holds only what the account covers',
};

const ON_ITS_WAY: readonly Stage[] = ['scheduled', 'in_distribution'];

/** Delivered goods are paid for. */
function mayAbort(stage: Stage): boolean {
  return !isEnded(stage) && stage !== 'delivered';
}

function abort(why: string): Advice {
  return { action: 'abort', why };
}
