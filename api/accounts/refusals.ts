import type { AccountRefusalCode, AccountView } from '../../office/ledger/accounts.ts';
import { readAccount } from '../../office/ledger/accounts.ts';
import type { Outcome } from '../../office/outcome.ts';
import type { ApiDeps } from '../deps.ts';
import { Problem } from '../http/problem.ts';
import type { ProblemSlug } from '../http/problems.ts';

const PROBLEM_OF: Record<AccountRefusalCode, ProblemSlug> = {
  'account-not-found': 'not-found',
  'account-exists': 'account-conflict',
  'account-not-empty': 'account-conflict',
  'account-closed': 'account-conflict',
  'credit-limit-in-use': 'account-conflict',
  'currency-mismatch': 'account-conflict',
  'amount-out-of-range': 'account-conflict',
  'idempotency-key-reused': 'idempotency-key-reused',
};

/** The account that an operation came to. Throws the problem of its refusal. */
export function accountOf<View extends AccountView>(outcome: Outcome<View, AccountRefusalCode>): View {
  if (outcome.ok) return outcome.value;
  throw new Problem(PROBLEM_OF[outcome.code], `${outcome.detail}.`);
}

/** The party's account. Throws `not-found` when it has none. */
export async function accountById({ orm }: ApiDeps, accountId: string): Promise<AccountView> {
  const account = await readAccount(orm, accountId);
  if (!account) throw new Problem('not-found', 'There is no such account.');
  return account;
}
