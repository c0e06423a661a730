import type { Calendar } from './calendar.ts';
import { leavesAt } from './service-days.ts';

/** What is to be carried, and in which country its receiver is. */
export interface Consignment {
  readonly weightGrams: number;
  readonly country: string;
  /** Hours until the goods are ready, where the seller says so. */
  readonly handlingHours?: number;
}

export const REFUSALS = ['out_of_area', 'too_heavy', 'no_capacity', 'withdrawn', 'bad_instruction'] as const;
export type Refusal = (typeof REFUSALS)[number];

const HOUR_MS = 60 * 60 * 1000;
/** The office's clock and ours need not agree to the second: its rules hold by its own. */
const CLOCK_MARGIN_MS = 60_000;

/** Why the company does not carry it at all; `undefined` when it does. */
export function refusalOf({ country, weightGrams }: Consignment, calendar: Calendar): Refusal | undefined {
  if (!calendar.countries.includes(country)) return 'out_of_area';
  const most = Math.max(...calendar.hours.map(({ places }) => places));
  return placesFor(weightGrams, calendar) > most ? 'too_heavy' : undefined;
}

/** How many places of an hour a delivery takes. */
export function placesFor(weightGrams: number, { gramsPerPlace }: Pick<Calendar, 'gramsPerPlace'>): number {
  return Math.max(1, Math.ceil(weightGrams / gramsPerPlace));
}

/**
 * When the goods can be with the receiver at the earliest: made ready, taken at the cut-off hour's next chance, and carried.
 * `undefined`: no service day is near.
 */
export function earliestDelivery(consignment: Consignment, calendar: Calendar, instructedAt: Date): Date | undefined {
  const { country, handlingHours = calendar.collectHours } = consignment;
  const left = leavesAt(hoursAfter(instructedAt, handlingHours), calendar);
  const { home, abroad } = calendar.leadHours;
  return (
    left && hoursAfter(new Date(left.getTime() + CLOCK_MARGIN_MS), country === calendar.countries[0] ? home : abroad)
  );
}

/** After an attempt that failed: the goods are near the receiver, so they need the hours at home once more, wherever they are. */
export function earliestAgain(failedAt: Date, { leadHours }: Pick<Calendar, 'leadHours'>): Date {
  return new Date(hoursAfter(failedAt, leadHours.home).getTime() + CLOCK_MARGIN_MS);
}

function hoursAfter(at: Date, hours: number): Date {
  return new Date(at.getTime() + hours * HOUR_MS);
}
