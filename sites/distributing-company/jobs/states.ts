/** Where a driver's job stands. */
export const JOB_STATES = [
  'to_plan',
  'refused',
  'planned',
  'picked_up',
  'in_transit',
  'failed',
  'delivered',
  'returned',
  'lost',
  'cancelled',
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What a driver reports, in the words of the check office. */
export const REPORTS = ['picked_up', 'in_transit', 'delivered', 'failed_attempt', 'returned', 'lost'] as const;
export type Report = (typeof REPORTS)[number];

/** From where a report may come: a scan that was forgotten on the way hinders nobody. */
const FROM: Readonly<Record<Report, readonly JobState[]>> = {
  picked_up: ['planned'],
  in_transit: ['planned', 'picked_up'],
  delivered: ['planned', 'picked_up', 'in_transit', 'failed'],
  failed_attempt: ['planned', 'picked_up', 'in_transit'],
  returned: ['planned', 'picked_up', 'in_transit', 'failed'],
  lost: ['planned', 'picked_up', 'in_transit', 'failed'],
};

/** The state after a report; `undefined` when it does not fit the job. */
export function stateAfter(state: JobState, report: Report): JobState | undefined {
  if (!FROM[report].includes(state)) return undefined;
  return report === 'failed_attempt' ? 'failed' : report;
}

/** The reports that fit a job, in the order of the way. */
export function reportsFor(state: JobState): readonly Report[] {
  return REPORTS.filter((report) => FROM[report].includes(state));
}

const ENDED: readonly JobState[] = ['refused', 'delivered', 'returned', 'lost', 'cancelled'];

/** True when there is nothing left to drive. */
export function isEnded(state: JobState): boolean {
  return ENDED.includes(state);
}
