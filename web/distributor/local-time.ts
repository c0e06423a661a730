/* A distributor plans by its own clock, wherever whoever sits at the desk is: these read and write its wall clock. */

/** A moment as an input of type datetime-local has it: `2026-11-30T09:30`, by the clock of that zone. */
export function wallClock(instant: string, timeZone: string): string {
  const { year, month, day, hour, minute } = partsOf(Date.parse(instant), timeZone);
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/** The day of a moment, by the calendar of that zone: `2026-11-30`. */
export function dayOf(instant: string, timeZone: string): string {
  return wallClock(instant, timeZone).slice(0, 10);
}

/**
 * The moment at which the clock of that zone shows this; of two such moments the first. `undefined` when it never does: the clocks
 * were changed over it, or it is no such text.
 */
export function instantOf(wall: string, timeZone: string): string | undefined {
  const asUtc = Date.parse(`${wall.slice(0, 16)}:00Z`);
  if (Number.isNaN(asUtc)) return undefined;
  // The zone's offset may be either the one before or the one after a change of the clocks nearby.
  const candidates = [asUtc - DAY_MS, asUtc + DAY_MS].map((near) => asUtc - offsetAt(near, timeZone));
  const fitting = candidates.filter((at) => wallClock(new Date(at).toISOString(), timeZone) === wall.slice(0, 16));
  return fitting.length === 0 ? undefined : new Date(Math.min(...fitting)).toISOString();
}

/** A moment for people, by the clock of that zone, which is named: `Mon, 30 Nov 2026, 09:30 CET`. */
export function formatIn(instant: string, timeZone: string): string {
  return new Intl.DateTimeFormat(undefined, {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(instant));
}

/** The time of a moment by the clock of that zone: `09:30`. */
export function formatTimeIn(instant: string, timeZone: string): string {
  return new Intl.DateTimeFormat(undefined, { timeZone, timeStyle: 'short' }).format(new Date(instant));
}

/** A day of a calendar for people: `Monday 30 November`. */
export function formatDay(day: string, length: 'long' | 'short' = 'long'): string {
  const noon = new Date(`${day}T12:00:00Z`);
  return new Intl.DateTimeFormat(undefined, {
    timeZone: 'UTC',
    weekday: length,
    day: 'numeric',
    month: length,
  }).format(noon);
}

const DAY_MS = 24 * 60 * 60 * 1000;

function offsetAt(at: number, timeZone: string): number {
  const { year, month, day, hour, minute, second } = partsOf(at, timeZone);
  const shown = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return shown - Math.floor(at / 1000) * 1000;
}

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

function partsOf(at: number, timeZone: string): Readonly<Record<Part, string>> {
  const two = '2-digit';
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  });
  const found = { year: '', month: '', day: '', hour: '', minute: '', second: '' };
  for (const { type, value } of format.formatToParts(at)) if (type in found) found[type as Part] = value;
  return found;
}
