import { timeouts } from '../../temporal.config.ts';

/** A workflow that works says so: a step that fails raises attention within seconds. One that says nothing for so long does not work. */
export const STILL_AFTER_MS = 5 * 60_000;

/** How long an order may wait for whom before its workflow does something about it by itself: it raises attention, or ends the order. */
export const LONGEST_WAITS_MS = {
  paymentIndication: timeouts.paymentIndicationMs,
  schedule: timeouts.scheduleMs,
  overdue: timeouts.overdueGraceMs,
  demand: timeouts.demandReminderMs,
} as const;
