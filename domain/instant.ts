const FIRST_MS = Date.parse('1970-01-01T00:00:00Z');
const AFTER_LAST_MS = Date.parse('+010000-01-01T00:00:00Z');

/** Which times are kept, in words for people. */
export const KEPT_YEARS = 'the years 1970 to 9999';

/**
 * Prints an RFC 3339 time in UTC; `undefined` for one that the service does not keep. PostgreSQL prints the years before 100 so
 * that `Date` takes them for others, or for no time at all; nothing that is ordered, delivered or expires lies before 1970.
 */
export function keptInstant(text: string): string | undefined {
  const timeMs = Date.parse(text);
  return timeMs >= FIRST_MS && timeMs < AFTER_LAST_MS ? new Date(timeMs).toISOString() : undefined;
}
