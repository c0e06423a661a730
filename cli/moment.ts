import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

const MOMENT = z.iso.datetime({ offset: true });
const DAY = z.iso.date();

/** Reads a moment that has been, for an option: an RFC 3339 time that the calendar has. Throws, in words, for any other. */
export function pastMoment(said: string): Date {
  if (!MOMENT.safeParse(said).success) throw new InvalidArgumentError('It is a moment such as 2026-11-29T08:00:00Z.');
  return past(said);
}

/** The same, or a date, which begins in UTC. */
export function pastMomentOrDay(said: string): Date {
  if (!MOMENT.safeParse(said).success && !DAY.safeParse(said).success)
    throw new InvalidArgumentError('It is a date such as 2026-01-31, or a moment such as 2026-11-29T08:00:00Z.');
  return past(said);
}

function past(said: string): Date {
  const at = new Date(said);
  if (at.getTime() > Date.now()) throw new InvalidArgumentError('It is still to come.');
  return at;
}
