/** The currencies that the service keeps accounts in. */
export const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'JPY', 'KWD'] as const;
export type Currency = (typeof CURRENCIES)[number];

/** Their ISO 4217 minor-unit exponents. */
export const CURRENCY_EXPONENTS: Readonly<Record<Currency, number>> = {
  EUR: 2,
  USD: 2,
  GBP: 2,
  CHF: 2,
  JPY: 0,
  KWD: 3,
};

/** An amount in integer minor units of one currency. */
export interface Money {
  readonly amountMinor: bigint;
  readonly currency: Currency;
}

/** Money as it crosses boundaries (HTTP, workflow payloads, the e-check): a JSON integer of minor units. */
export interface MoneyJson {
  readonly amount: number;
  readonly currency: Currency;
}

/** The largest amount that crosses a boundary as a JSON number without loss. */
const MAX_AMOUNT_MINOR = BigInt(Number.MAX_SAFE_INTEGER);

export function isCurrency(text: string): text is Currency {
  return Object.hasOwn(CURRENCY_EXPONENTS, text);
}

/** A currency as it is stored. Throws `RangeError` when this version does not know it: no amount is shown in a wrong unit. */
export function knownCurrency(text: string): Currency {
  if (!isCurrency(text)) throw new RangeError(`unknown currency ${text}`);
  return text;
}

/** True when both are the same sum of the same currency. */
export function isSameMoney(one: MoneyJson, other: MoneyJson): boolean {
  return one.amount === other.amount && one.currency === other.currency;
}

/** Reads boundary money. Throws `RangeError` when the amount is no safe integer: a caller validates first. */
export function moneyFromJson(json: MoneyJson): Money {
  if (!Number.isSafeInteger(json.amount)) throw new RangeError(`not an integer of minor units: ${json.amount}`);
  return { amountMinor: BigInt(json.amount), currency: json.currency };
}

/** Prints money for a boundary. Throws `RangeError` beyond what a JSON number carries without loss. */
export function moneyToJson({ amountMinor, currency }: Money): MoneyJson {
  const magnitude = amountMinor < 0n ? -amountMinor : amountMinor;
  if (magnitude > MAX_AMOUNT_MINOR) throw new RangeError(`amount beyond ${MAX_AMOUNT_MINOR} minor units`);
  return { amount: Number(amountMinor), currency };
}

/** Prints money for people, e.g. `12.50 EUR`, `1250 JPY`, `1.250 KWD`. */
export function formatMoney({ amountMinor, currency }: Money): string {
  const exponent = CURRENCY_EXPONENTS[currency];
  const sign = amountMinor < 0n ? '-' : '';
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return `${sign}${digits} ${currency}`;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)} ${currency}`;
}

/**
 * The share `numerator / denominator` of an amount of minor units; what is no whole unit is rounded, halves up. Throws
 * `RangeError` unless amount and fraction are positive or zero.
 */
export function shareOf(amountMinor: bigint, numerator: bigint, denominator: bigint): bigint {
  if (amountMinor < 0n || denominator <= 0n || numerator < 0n) {
    throw new RangeError(`no share: ${numerator}/${denominator} of ${amountMinor}`);
  }
  return (2n * amountMinor * numerator + denominator) / (2n * denominator);
}
