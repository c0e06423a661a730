import { expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { guarded } from '../../activities/runtime/failures.ts';
import { LedgerRefusal } from '../../domain/ledger.ts';
import { KeysUnavailable } from '../../platform/key-files.ts';

const inActivity = (startToCloseTimeoutMs: number, step: () => Promise<unknown>): Promise<unknown> =>
  new MockActivityEnvironment({ startToCloseTimeoutMs }, { logger: new DefaultLogger('ERROR') }).run(
    guarded({ step }).step,
  );

test('a step that gets no answer says so before Temporal ends it', async () => {
  const silent = inActivity(500, () => new Promise(() => undefined));
  await expect(silent).rejects.toMatchObject({
    type: 'DatabaseSlow',
    message: 'the step has waited for the database for 450 ms',
    nonRetryable: false,
  });
});

test.each([
  [Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' }), 'DatabaseLocked'],
  [Object.assign(new Error('x'), { name: 'ForgottenError' }), 'ForgottenError'],
  [new TypeError('cannot read properties of undefined'), 'StepFailed'],
])('%s is named %s', async (error, type) => {
  const failing = inActivity(60_000, async () => {
    throw error;
  });
  await expect(failing).rejects.toMatchObject({ type, nonRetryable: type === 'ForgottenError' });
});

test('outside Temporal a step has no bound', async () => {
  await expect(guarded({ step: async () => 'done' }).step()).resolves.toBe('done');
});

test.each([
  [new LedgerRefusal('account_not_open', 'account buyer-x is closed'), 'AccountNotOpen'],
  [new LedgerRefusal('insufficient_funds', 'account seller-x lacks funds'), 'FundsLacking'],
  [new KeysUnavailable('MASTER_KEY_FILE names /x, which cannot be read'), 'KeysUnavailable'],
])('%s is named by what an operator can do about it', async (fault, type) => {
  const steps = guarded({ refund: () => Promise.reject(fault) });
  await expect(steps.refund()).rejects.toMatchObject({ type, nonRetryable: false, message: fault.message });
});
