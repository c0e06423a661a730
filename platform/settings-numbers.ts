import { z } from 'zod';

/** A whole number from `least` to `most`, `preset` when the variable is absent. */
export function wholeNumber(preset: number, least: number, most: number) {
  return numberWithin(least, most).default(preset);
}

/** The same without a default. */
export function numberWithin(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}
