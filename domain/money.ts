/** The currencies that the service keeps accounts in, with their ISO 4217 minor-unit exponents. */
export const CURRENCY_EXPONENTS = { EUR: 2, USD: 2, GBP: 2, CHF: 2, JPY: 0, KWD: 3 } as const;
export type Currency = keyof typeof CURRENCY_EXPONENTS;

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
export const MAX_AMOUNT_MINOR = BigInt(Number.MAX_SAFE_INTEGER);

export function isCurrency(text: string): text is Currency {
  return Object.hasOwn(CURRENCY_EXPONENTS, text);
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
 * Reads money as people write it: `12.50 EUR`, `-0.001 KWD`. Strict: a point, no more decimals than the currency has,
 * no separators. `undefined` when the text is no such amount; nothing is rounded in silence.
 */
export function parseMoney(text: string): Money | undefined {
  const match = /^(-?)(\d{1,16})(?:\.(\d{1,3}))? ([A-Z]{3})$/.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', decimals = '', currency = ''] = match;
  if (!isCurrency(currency) || decimals.length > CURRENCY_EXPONENTS[currency]) return undefined;
  const magnitude = BigInt(whole + decimals.padEnd(CURRENCY_EXPONENTS[currency], '0'));
  return { amountMinor: sign === '-' ? -magnitude : magnitude, currency };
}

/** How a share that is no whole minor unit is rounded. Halves go away from zero, or to the even neighbour. */
export type Rounding = 'down' | 'half_up' | 'half_even';

/**
 * The share `numerator / denominator` of an amount of minor units, rounded as named; a negative amount is rounded like
 * its magnitude. Throws `RangeError` unless the fraction is positive or zero.
 */
export function shareOf(amountMinor: bigint, numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  if (denominator <= 0n || numerator < 0n) throw new RangeError(`no share: ${numerator}/${denominator}`);
  if (amountMinor < 0n) return -shareOf(-amountMinor, numerator, denominator, rounding);
  const quotient = (amountMinor * numerator) / denominator;
  const twiceRest = ((amountMinor * numerator) % denominator) * 2n;
  return quotient + (roundsUp(rounding, { quotient, twiceRest, denominator }) ? 1n : 0n);
}

function roundsUp(rounding: Rounding, rest: { quotient: bigint; twiceRest: bigint; denominator: bigint }): boolean {
  switch (rounding) {
    case 'down':
      return false;
    case 'half_up':
      return rest.twiceRest >= rest.denominator;
    case 'half_even':
      return rest.twiceRest > rest.denominator || (rest.twiceRest === rest.denominator && rest.quotient % 2n === 1n);
  }
}
