import { formatMoney, isSameMoney, moneyFromJson, type MoneyJson } from './money.ts';
import type { OrderLine, OrderRefusal, PricedLine } from './order.ts';
import type { AccountStatus } from './party.ts';

/** What a seller offers at this moment. */
export interface Offer {
  readonly sku: string;
  readonly name: string;
  readonly price: MoneyJson;
  readonly weightGrams: number;
  readonly handlingHours: number;
}

export type Pricing =
  | { readonly kind: 'priced'; readonly lines: PricedLine[]; readonly charge: MoneyJson }
  | { readonly kind: 'refused'; readonly refusal: OrderRefusal };

/**
 * The seller's charge of this moment, line by line (claim 1). `expected`, when given, must equal it.
 * Quantities are positive integers; nothing is divided, so nothing is rounded.
 */
export function priceLines(lines: readonly OrderLine[], offers: readonly Offer[], expected?: MoneyJson): Pricing {
  const priced: PricedLine[] = [];
  const bySku = new Map(offers.map((offer) => [offer.sku, offer]));
  for (const line of lines) {
    const offer = bySku.get(line.sku);
    if (!offer) return refuse('unknown-commodity', `The seller offers no commodity ${line.sku}.`);
    const { amount, currency } = offer.price;
    const total = { amount: amount * line.quantity, currency };
    const { name, weightGrams, handlingHours, price: unitPrice } = offer;
    priced.push({ sku: line.sku, quantity: line.quantity, name, weightGrams, handlingHours, unitPrice, total });
  }
  return chargeOf(priced, expected);
}

function chargeOf(lines: PricedLine[], expected?: MoneyJson): Pricing {
  const currency = lines[0]?.total.currency;
  if (!currency) return refuse('unknown-commodity', 'The order has no lines.');
  if (lines.some((line) => line.total.currency !== currency)) {
    return refuse('unknown-commodity', 'One order has one currency; these commodities have several.');
  }
  const charge = { amount: lines.reduce((sum, line) => sum + line.total.amount, 0), currency };
  if (!Number.isSafeInteger(charge.amount))
    return refuse('unknown-commodity', 'The charge is beyond what the service can keep exactly.');
  if (expected && !isSameMoney(expected, charge)) {
    return refuse(
      'price-changed',
      `The charge is now ${formatMoney(moneyFromJson(charge))}, not ${formatMoney(moneyFromJson(expected))}.`,
    );
  }
  return { kind: 'priced', lines, charge };
}

function refuse(code: OrderRefusal['code'], detail: string): Pricing {
  return { kind: 'refused', refusal: { code, detail } };
}

/** What the account database says of a buyer; sums in minor units. */
export interface AccountFacts {
  readonly currency: string;
  readonly status: AccountStatus;
  readonly balanceMinor: bigint;
  readonly heldMinor: bigint;
  readonly creditLimitMinor: bigint;
}

/** Funds + credit line − holds. */
function availableMinor(account: AccountFacts): bigint {
  return account.balanceMinor + account.creditLimitMinor - account.heldMinor;
}

/** Judges a buyer's credit (claim 1): the account is open, in the charge's currency, and covers it. `undefined`: it is good. */
export function judgeAccount(account: AccountFacts | undefined, charge: MoneyJson): OrderRefusal | undefined {
  if (!account) return declined('The buyer has no account at the check office.');
  if (account.status !== 'open') return declined(`The buyer's account is ${account.status}.`);
  if (account.currency !== charge.currency) {
    return declined(`The buyer's account is in ${account.currency}, the charge in ${charge.currency}.`);
  }
  if (availableMinor(account) < BigInt(charge.amount))
    return declined('Funds and credit line do not cover the charge.');
  return undefined;
}

function declined(detail: string): OrderRefusal {
  return { code: 'credit-declined', detail };
}
