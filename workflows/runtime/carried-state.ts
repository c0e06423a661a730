import { ApplicationFailure } from '@temporalio/workflow';
import type { Transmitted } from '../../activities/transmissions/index.ts';
import type { SituationReport } from '../../domain/delivery.ts';
import type { Attention, Stage } from '../../domain/order.ts';
import type { OrderInput } from '../messages/order-input.ts';
import { parseOrderInput } from '../messages/schemas.ts';
import { reportKey, type Inbox, newOrder, type RunningOrder } from './running-order.ts';

/** All of a running order that a new run of its workflow must know. The order itself is not decided again: its row says how it was. */
export type Carried = Pick<
  RunningOrder,
  | 'stage'
  | 'paid'
  | 'issued'
  | 'agents'
  | 'deliverAt'
  | 'paymentIndicated'
  | 'awaitsSchedule'
  | 'overdue'
  | 'givenBack'
  | 'noteCount'
> &
  // Absent in what a run of before 29 November 2026 carried.
  Partial<Pick<RunningOrder, 'paymentDemand' | 'demandAskedAt' | 'promiseDue' | 'plannedAfter' | 'replanAfter'>> &
  Pick<RunningOrder, 'instructed' | 'officeToNotify' | 'completionAcknowledged'> &
  Pick<Inbox, 'ignored' | 'retries' | 'creditOverride'> & {
    readonly inbox: Pick<Inbox, 'presentation' | 'acceptance' | 'refusal' | 'payment' | 'schedule' | 'demand'>;
    readonly reached: readonly Stage[];
    readonly reports: readonly SituationReport[];
    readonly attention: readonly Attention[];
    readonly errors: readonly (readonly [string, string])[];
    readonly deadlines: readonly (readonly [string, number])[];
    /** Absent in what a run carried before parties had servers of their own. */
    readonly receipts?: readonly (readonly [string, Transmitted])[];
    /** Absent in what a run carried before orders moved on to other builds. */
    readonly takenUp?: readonly string[];
  };

/** What differs in the state that a run of before 29 November 2026 carried: its inbox held two things of the order's own. */
export interface FormerlyCarried extends Omit<Carried, 'inbox' | 'paymentIndicated' | 'awaitsSchedule'> {
  readonly inbox?: FormerInbox;
  /** The inbox's first name. */
  readonly desk?: FormerInbox;
}

interface FormerInbox extends Omit<Carried['inbox'], 'presentation'> {
  readonly presentation?: { readonly echeck: string; readonly deliverToSealed?: string; readonly actor: string };
  readonly paymentNoted?: boolean;
  readonly scheduleWanted?: boolean;
}

/** What a run of the order's workflow is started with. */
export interface OrderStart extends OrderInput {
  /** What an earlier run of the same workflow knew: its history had become long, or its build was to be drained. */
  readonly carried?: Carried | FormerlyCarried;
}

/**
 * Opens the order of a workflow: at its beginning, or where an earlier run left it. A workflow that somebody started by hand
 * with what is no order is ended: nothing of it could ever be recorded or repaired.
 */
export function openOrder(started: OrderStart): RunningOrder {
  const { wrong } = parseOrderInput(started);
  if (wrong !== undefined) throw noOrder(wrong);
  const { carried, ...input } = started;
  return carried ? restored(newOrder(input), carried) : newOrder(input);
}

function noOrder(wrong: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `This is no order: ${wrong}. Orders are started by POST /v1/orders.`,
    'NoOrder',
  );
}

/** What the next run of the order's workflow is started with. */
export function carriedFrom(order: RunningOrder): Carried {
  const { stage, paid, issued, agents, deliverAt, paymentDemand, paymentIndicated, awaitsSchedule, overdue } = order;
  const own = { stage, paid, issued, agents, deliverAt, paymentDemand, paymentIndicated, awaitsSchedule, overdue };
  const { ignored, retries, creditOverride, reports, newReports: _, ending: __, moveOn: ___, ...inbox } = order.inbox;
  return {
    ...own,
    givenBack: order.givenBack,
    demandAskedAt: order.demandAskedAt,
    promiseDue: order.promiseDue,
    plannedAfter: order.plannedAfter,
    replanAfter: order.replanAfter,
    instructed: order.instructed,
    officeToNotify: order.officeToNotify,
    completionAcknowledged: order.completionAcknowledged,
    inbox,
    ignored,
    retries,
    creditOverride,
    noteCount: order.noteCount,
    reached: [...order.reached],
    reports: [...reports.values()],
    attention: [...order.attention.values()],
    errors: [...order.errors],
    deadlines: [...order.deadlines],
    receipts: [...order.receipts],
    takenUp: [...order.errors.keys()],
  };
}

/** The order where an earlier run left it. */
function restored(order: RunningOrder, state: Carried | FormerlyCarried): RunningOrder {
  const carried = 'paymentIndicated' in state ? state : fromFormer(state, order);
  const { inbox, ignored, retries, creditOverride, reports, reached, attention, errors, deadlines, ...others } =
    carried;
  const { receipts, takenUp, ...rest } = others;
  return {
    ...order,
    ...rest,
    inbox: {
      ...order.inbox,
      ...inbox,
      ignored,
      retries,
      creditOverride,
      reports: new Map(reports.map((report) => [reportKey(report), report])),
    },
    decision: rest.issued && { kind: 'recorded' },
    reached: new Set(reached),
    attention: new Map(attention.map((open) => [open.step, open])),
    errors: new Map(errors),
    takenUp: new Set(takenUp),
    deadlines: new Map(deadlines),
    receipts: new Map(receipts),
  };
}

function fromFormer(former: FormerlyCarried, { input: { deliverToSealed } }: RunningOrder): Carried {
  const { desk = {}, inbox = desk, ...rest } = former;
  const { paymentNoted = false, scheduleWanted = false, presentation, ...said } = inbox;
  return {
    ...rest,
    paymentIndicated: paymentNoted,
    awaitsSchedule: scheduleWanted,
    inbox: {
      ...said,
      presentation: presentation && { deliverToSealed, ...presentation, presentedBy: presentation.actor },
    },
  };
}
