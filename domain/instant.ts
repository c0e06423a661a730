const FIRST_MS = Date.parse('1970-01-01T00:00:00Z');
const AFTER_LAST_MS = Date.parse('+010000-01-01T00:00:00Z');

/** How `isKeptInstant` is said to people. */
export const KEPT_YEARS = 'the years 1970 to 9999';

/**
 * True for a time that the service keeps. PostgreSQL prints the years before 100 so that `Date` takes them for others, or for
 * no time at all; nothing that is ordered, delivered or expires lies before 1970. `timeMs` is since the epoch, or NaN.
 */
export function isKeptInstant(timeMs: number): boolean {
  return timeMs >= FIRST_MS && timeMs < AFTER_LAST_MS;
}
