import { toWords } from 'to-words/en-US';
import type { MoneyJson } from '../../client/party-messages.ts';

/** What the smaller coin is called: one, and several. Of other currencies it is written as a fraction. */
const COINS: Readonly<Record<string, readonly [string, string]>> = {
  EUR: ['cent', 'cents'],
  USD: ['cent', 'cents'],
  GBP: ['penny', 'pence'],
  CHF: ['centime', 'centimes'],
  KWD: ['fils', 'fils'],
};

/** A sum in English words, as a check has it beside its figures: `Twelve euros and fifty cents`. Exact for every safe integer. */
export function amountInWords({ amount, currency }: MoneyJson): string {
  const digits = digitsIn(currency);
  const unit = 10n ** BigInt(digits);
  const [whole, rest] = [BigInt(amount) / unit, BigInt(amount) % unit];
  const words = `${numberInWords(whole)} ${nameOf(currency, whole)}${restInWords(rest, currency, digits)}`;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function restInWords(rest: bigint, currency: string, digits: number): string {
  if (rest === 0n) return '';
  const coin = COINS[currency];
  if (coin === undefined) return ` and ${rest}/${10 ** digits}`;
  return ` and ${numberInWords(rest)} ${rest === 1n ? coin[0] : coin[1]}`;
}

const TENS =
  /\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety) (?=(?:one|two|three|four|five|six|seven|eight|nine)\b)/g;

function numberInWords(number: bigint): string {
  return toWords(number).toLowerCase().replaceAll(TENS, '$1-');
}

/** `euro` or `euros`: the currency's English name for that number of it. */
function nameOf(currency: string, number: bigint): string {
  const format = currencyFormat(currency, 'name');
  // One and several are enough to know; a number as large as a sum may be is no argument of every engine.
  const parts = format.formatToParts(number === 1n ? 1 : 2);
  return parts.find(({ type }) => type === 'currency')?.value ?? currency;
}

function digitsIn(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

function currencyFormat(currency: string, currencyDisplay: 'name'): Intl.NumberFormat {
  return new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay, maximumFractionDigits: 0 });
}
