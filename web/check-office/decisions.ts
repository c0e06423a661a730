import type { components } from '../../client/index.ts';

export type Decision = components['schemas']['Intervention']['action'];

/** What decides about the decisions that are offered for an order. */
export interface Case {
  readonly stage: string;
  readonly ended: boolean;
  /** What is wrong with it; `null` when nothing is. */
  readonly trouble: { readonly step: string; readonly reason: string } | null;
  /** What would help, as the check office's diagnosis has it; absent until it is there. */
  readonly advice?: readonly Advice[];
}

/** A decision that would help, and what it brings about. */
export interface Advice {
  readonly action: Decision;
  readonly why: string;
}

/** A decision that can be taken; why, where it would help. */
export interface Offered {
  readonly action: Decision;
  readonly why?: string;
}

/** Reasons for which no workflow works on the order: there is nothing that a retry could reach. */
const GONE = new Set([
  'WorkflowTerminated',
  'WorkflowFailed',
  'WorkflowTimedOut',
  'WorkflowCanceled',
  'WorkflowCompleted',
  'WorkflowMissing',
]);

/** What an operator can decide about an order now, what would help first, and what ends it last. */
export function decisionsFor(order: Case): Offered[] {
  const why = new Map((order.advice ?? []).map((advice) => [advice.action, advice.why]));
  const actions = new Set([...possible(order), ...why.keys()]);
  return ORDER_OF_BUTTONS.filter((action) => actions.has(action))
    .map((action) => ({ action, why: why.get(action) }))
    .toSorted((one, other) => rank(one) - rank(other));
}

const ORDER_OF_BUTTONS: readonly Decision[] = ['retry', 'resume', 'acknowledge', 'override_credit', 'abort'];

function rank({ action, why }: Offered): number {
  if (action === 'abort') return 2;
  return why === undefined ? 1 : 0;
}

/** What the API would not refuse, as far as stage and trouble tell. */
function possible({ stage, ended, trouble }: Case): Decision[] {
  if (ended) return trouble ? ['acknowledge'] : [];
  const end: Decision[] = stage === 'delivered' ? [] : ['abort'];
  if (!trouble) return end;
  // Of the record alone: its workflow, which may run, knows nothing of it.
  if (trouble.reason === 'ReportAfterEnd') return ['acknowledge', ...end];
  const again: Decision = GONE.has(trouble.reason) ? 'resume' : 'retry';
  const standIn: Decision[] = trouble.step === 'judgeCredit' ? ['override_credit'] : [];
  return [again, ...standIn, ...end];
}
