import type { MoneyJson } from './money.ts';
import type { OrderRefusal } from './order.ts';

/** What the account database says of a buyer; sums in minor units. */
export interface AccountFacts {
  readonly currency: string;
  readonly status: 'open' | 'frozen' | 'closed';
  readonly balanceMinor: bigint;
  readonly heldMinor: bigint;
  readonly creditLimitMinor: bigint;
}

/** Funds + credit line − holds. */
export function availableMinor(account: AccountFacts): bigint {
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
