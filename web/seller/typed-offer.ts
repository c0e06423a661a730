import type { components, Money } from '../../client/index.ts';
import { parseMoney, plainMoney } from '../shared/format.ts';

type Offer = components['schemas']['Offer'];

/** An offer as a person types it: the price with its decimals, the weight in kilograms. */
export interface TypedOffer {
  readonly name: string;
  readonly price: string;
  readonly weight: string;
  readonly hours: string;
}

export function typedOffer({ name, price, weightGrams, handlingHours = 24 }: Offer): TypedOffer {
  return { name, price: plainMoney(price), weight: kilograms(weightGrams), hours: String(handlingHours) };
}

/** What was typed as the API has it; `undefined` while something is missing or is no number. */
export function readOffer(typed: TypedOffer, currency: Money['currency']): Omit<Offer, 'sku'> | undefined {
  const price = priceOf(typed.price, currency);
  const weightGrams = grams(typed.weight);
  const handlingHours = Number(typed.hours);
  const name = typed.name.trim();
  if (!price || weightGrams === undefined || name === '') return undefined;
  if (typed.hours.trim() === '' || !Number.isInteger(handlingHours) || handlingHours < 0) return undefined;
  return { name, price, weightGrams, handlingHours };
}

/** Whether what was typed is a price: a sum of more than nothing. */
export function isPrice(text: string, currency: Money['currency']): boolean {
  return priceOf(text, currency) !== undefined;
}

function priceOf(text: string, currency: Money['currency']): Money | undefined {
  const price = parseMoney(text, currency);
  return price && price.amount > 0 ? price : undefined;
}

/** `25` or `0.5` for grams; nothing is rounded. */
export function kilograms(weightGrams: number): string {
  return String(weightGrams / 1000);
}

/** Kilograms with at most three decimals, by point or comma, as grams; `undefined` for anything else, and for nothing. */
export function grams(text: string): number | undefined {
  const [, whole, fraction = ''] = /^\s*(\d{1,7})(?:[.,](\d{1,3}))?\s*$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const weight = Number(whole) * 1000 + Number(fraction.padEnd(3, '0'));
  return weight > 0 ? weight : undefined;
}
