import { expect, test } from '@jest/globals';
import { guarded } from '../../activities/runtime/failures.ts';
import { LedgerRefusal } from '../../domain/ledger.ts';
import { KeysUnavailable } from '../../platform/key-files.ts';

test.each([
  [new LedgerRefusal('account_not_open', 'account buyer-x is closed'), 'AccountNotOpen'],
  [new LedgerRefusal('insufficient_funds', 'account seller-x lacks funds'), 'FundsLacking'],
  [new KeysUnavailable('MASTER_KEY_FILE names /x, which cannot be read'), 'KeysUnavailable'],
])('%s is named by what an operator can do about it', async (fault, type) => {
  const steps = guarded({ refund: () => Promise.reject(fault) });
  await expect(steps.refund()).rejects.toMatchObject({ type, nonRetryable: false, message: fault.message });
});
