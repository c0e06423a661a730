import type { Order } from '../../client/index.ts';

type Lines = Order['lines'];

/** What all of an order weighs; `undefined` where a line's weight is not known. */
export function weightOf(lines: Lines): number | undefined {
  let sum = 0;
  for (const { quantity, weightGrams } of lines) {
    if (weightGrams === undefined) return undefined;
    sum += quantity * weightGrams;
  }
  return sum;
}

/** `50 kg`, `0.75 kg`. */
export function formatWeight(grams: number | undefined): string {
  if (grams === undefined) return 'weight unknown';
  return new Intl.NumberFormat(undefined, { style: 'unit', unit: 'kilogram', maximumFractionDigits: 3 }).format(
    grams / 1000,
  );
}
