import { payOut as makePayout, type PayoutRefusalCode } from '../../office/ledger/index.ts';
import { endpoint } from '../http/endpoint.ts';
import { valueOf } from '../http/problem.ts';
import type { ProblemSlug } from '../http/problems.ts';
import { holderOf } from './holder.ts';
import { accountParams, newPayout, payout } from './schema.ts';

export const payOut = endpoint({
  method: 'post',
  path: '/v1/accounts/{accountId}/payouts',
  operationId: 'payOut',
  tag: 'Accounts',
  summary: "Pay money out, to the bank of the account's owner",
  description: 'At most balance − held: a credit line is not paid out. A repeat answers the same payout.',
  idempotent: true,
  params: accountParams,
  body: newPayout,
  responses: {
    201: {
      description: 'The payout.',
      schema: payout,
      headers: { Location: 'The account.', 'Idempotency-Replayed': '`true`: it was made before.' },
    },
  },
  problems: ['insufficient-funds', 'account-not-open', 'account-conflict', 'idempotency-key-reused'],
  answer: async ({ params: { accountId }, party, idempotencyKey: key, body }, { orm }) => {
    const holder = holderOf(party);
    const { replayed, ...paid } = valueOf(await makePayout(orm, { accountId, holder, key, ...body }), PROBLEM_OF);
    const headers = { Location: `/v1/accounts/${accountId}`, 'Idempotency-Replayed': String(replayed) };
    return { status: 201, body: paid, headers };
  },
});

const PROBLEM_OF: Record<PayoutRefusalCode, ProblemSlug> = {
  'account-not-found': 'not-found',
  'account-not-open': 'account-not-open',
  'insufficient-funds': 'insufficient-funds',
  'currency-mismatch': 'account-conflict',
  'idempotency-key-reused': 'idempotency-key-reused',
};
