import { useState } from 'react';
import { useOnce } from '../../data/act.ts';
import { api } from '../../data/api.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { formatMoney } from '../../shared/format.ts';
import { ProblemAlert } from '../../shared/states.tsx';
import type { Schemas } from '../data.ts';
import { MoneyField, positiveSum } from '../money-field.tsx';

type Account = Schemas['Account'];
type Sum = Schemas['Money'];

/** Pays money in from outside, and out to the party's bank. */
export function MoneyMoves({ account }: { readonly account: Account }) {
  return (
    <div className="side-by-side">
      <DepositForm account={account} />
      <PayoutForm account={account} />
    </div>
  );
}

function DepositForm({ account: { id: accountId, balance } }: { readonly account: Account }) {
  const [text, setText] = useState('');
  const act = useOnce(
    `deposit to ${accountId}`,
    (amount: Sum, key) =>
      api.POST('/v1/accounts/{accountId}/deposits', {
        params: { path: { accountId }, header: { 'Idempotency-Key': key } },
        body: { amount },
      }),
    () => setText(''),
  );
  const sum = positiveSum(text, balance.currency);
  return (
    <div>
      <div className="actions">
        <MoneyField label="Amount to pay in" currency={balance.currency} value={text} onChange={setText} />
        <ActButton busy={act.isPending} onClick={() => sum && act.mutate(sum)} disabled={sum === undefined}>
          Deposit
        </ActButton>
      </div>
      <p aria-live="polite" className="facts">
        {act.isSuccess && `Paid in: ${formatMoney(act.variables)}.`}
      </p>
      {act.error !== null && <ProblemAlert error={act.error} />}
    </div>
  );
}

function PayoutForm({ account: { id: accountId, balance } }: { readonly account: Account }) {
  const [text, setText] = useState('');
  const [reference, setReference] = useState('Payout by the check office');
  const act = useOnce(
    `payout from ${accountId}`,
    (body: { readonly amount: Sum; readonly reference: string }, key) =>
      api.POST('/v1/accounts/{accountId}/payouts', {
        params: { path: { accountId }, header: { 'Idempotency-Key': key } },
        body,
      }),
    () => setText(''),
  );
  const sum = positiveSum(text, balance.currency);
  return (
    <div>
      <div className="actions">
        <MoneyField label="Amount to pay out" currency={balance.currency} value={text} onChange={setText} />
        <label className="grows">
          Reference
          <input value={reference} maxLength={140} onChange={({ target }) => setReference(target.value)} />
        </label>
        <ActButton
          busy={act.isPending}
          onClick={() => sum && act.mutate({ amount: sum, reference: reference.trim() })}
          disabled={sum === undefined || reference.trim() === ''}
          className="secondary"
        >
          Pay out
        </ActButton>
      </div>
      <p aria-live="polite" className="facts">
        {act.isSuccess && `Paid out: ${formatMoney(act.variables.amount)}.`}
      </p>
      {act.error !== null && <ProblemAlert error={act.error} />}
    </div>
  );
}
