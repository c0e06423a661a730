import { textFault } from './text.ts';

const MOST_CHARACTERS = 100;

/** A white space at an end, and inside any but the plain blank: two that look alike would be two commodities. */
const MISLEADING = /^\s|\s$|[^\S ]/u;

/** What is wrong with a seller's name of a commodity, as it is kept; `undefined` when nothing is. Shops write `/`, blanks, `+` and umlauts in it. */
export function skuFault(sku: string): string | undefined {
  const fault = textFault(spelledSku(sku), { maxLength: MOST_CHARACTERS });
  if (fault !== undefined) return fault;
  return MISLEADING.test(sku)
    ? 'must not begin or end with a blank, nor hold other blanks than the plain one'
    : undefined;
}

/** The one spelling under which a commodity is kept and found: `ü` is one character, however it was typed. */
export function spelledSku(sku: string): string {
  return sku.normalize('NFC');
}
