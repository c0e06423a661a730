import type { Calendar } from './calendar.ts';
import { timeOfPlace, type ServiceDay } from './service-days.ts';

/** A place that is taken: on that day, in that hour, the one of that number. */
export interface TakenPlace {
  readonly hour: number;
  readonly number: number;
}

/** Adjacent free places of one hour: the first one's time is the delivery's. */
export interface FreePlace {
  readonly date: string;
  readonly hour: number;
  readonly numbers: readonly number[];
  readonly deliverAt: Date;
}

export interface Wanted {
  readonly notBefore: Date;
  /** How many adjacent places. */
  readonly places: number;
}

/** The first free places of a day that are wide enough and not too early; `undefined` when the day has none. */
export function firstFree(
  day: ServiceDay,
  taken: readonly TakenPlace[],
  wanted: Wanted,
  calendar: Calendar,
): FreePlace | undefined {
  const isTaken = new Set(taken.map(({ hour, number }) => `${hour}:${number}`));
  for (const hour of day.hours) {
    for (let first = 0; first + wanted.places <= hour.places; first += 1) {
      const numbers = Array.from({ length: wanted.places }, (_, index) => first + index);
      if (numbers.some((number) => isTaken.has(`${hour.hour}:${number}`))) continue;
      const deliverAt = timeOfPlace({ ...hour, date: day.date }, first, calendar);
      if (deliverAt && deliverAt >= wanted.notBefore) return { date: day.date, hour: hour.hour, numbers, deliverAt };
    }
  }
  return undefined;
}
