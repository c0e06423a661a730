import type { Money } from '../../client/index.ts';

type Currency = Money['currency'];

/* Dates, sums and numbers in the browser's language and time zone; words, such as those of an age, in English like all text of the desks. */

/** A sum as people write it, such as `€12.50` or `12,50 €`. */
export function formatMoney({ amount, currency }: Money): string {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  return format.format(amount / 10 ** digitsOf(currency));
}

/** How many digits of a currency's minor unit there are: 2 for EUR, 0 for JPY. */
export function digitsOf(currency: Currency): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Reads `12.5` or `12,50` as minor units; `undefined` for what is no such sum. By text alone: no fraction is ever rounded. */
export function parseMoney(text: string, currency: Currency): Money | undefined {
  const digits = digitsOf(currency);
  const [, whole, fraction = ''] = /^\s*(\d{1,12})(?:[.,](\d+))?\s*$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > digits) return undefined;
  return { amount: Number(whole + fraction.padEnd(digits, '0')), currency };
}

/** A sum as an input has it: `12.50`. */
export function plainMoney({ amount, currency }: Money): string {
  const digits = digitsOf(currency);
  const text = String(amount).padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** A day and time, such as `29 Nov 2026, 08:43`. */
export function formatWhen(instant: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant));
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** How long ago, or how far ahead: `5 minutes ago`, `in 2 days`. */
export function formatAge(instant: string, now = Date.now()): string {
  const seconds = Math.round((Date.parse(instant) - now) / 1000);
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}

/** `in_distribution` as people say it: `In distribution`. */
export function formatWord(word: string): string {
  const text = word.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A count: `1,000`. */
export function formatNumber(count: number): string {
  return new Intl.NumberFormat(undefined).format(count);
}

/** A weight: `12.5 kg`. */
export function formatWeight(grams: number): string {
  const kilograms = { style: 'unit', unit: 'kilogram', maximumFractionDigits: 1 } as const;
  const isLight = grams < 1000;
  const format = new Intl.NumberFormat(undefined, isLight ? { style: 'unit', unit: 'gram' } : kilograms);
  return format.format(isLight ? grams : grams / 1000);
}

/** A day: `Sunday, 29 November 2026`. */
export function formatDay(instant: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'full' }).format(new Date(instant));
}

/** A time of the day, to the second. */
export function formatTime(instant: string): string {
  return new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }).format(new Date(instant));
}

/** A day and time where the year is plain: `29 Nov, 08:43`. */
export function formatWhenShort(instant: string): string {
  const parts = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const;
  return new Intl.DateTimeFormat(undefined, parts).format(new Date(instant));
}

/** A day and time at another place, with the name of its zone: `1 Dec 2026, 12:27 CET`. */
export function formatWhenIn(instant: string, timeZone: string): string {
  const parts = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' } as const;
  return new Intl.DateTimeFormat(undefined, { ...parts, timeZone, timeZoneName: 'short' }).format(new Date(instant));
}

/** The same moment here, in the same words. */
export function formatWhenHere(instant: string): string {
  return formatWhenIn(instant, new Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** A country by its English name, the same as in the list that the API gives of them. */
export function countryName(code: string): string {
  const name = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' }).of(code) ?? code;
  return name.replace(/ SAR China$/, '');
}
