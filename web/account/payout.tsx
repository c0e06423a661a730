import { useState } from 'react';
import type { Money as Sum } from '../../client/index.ts';
import { useOnce } from '../data/act.ts';
import { api } from '../data/api.ts';
import { ActButton } from '../shared/act-button.tsx';
import { formatMoney, parseMoney } from '../shared/format.ts';
import { ProblemAlert } from '../shared/states.tsx';

interface Payout {
  readonly amount: Sum;
  readonly reference: string;
}

/** Takes money out of the account, to the bank of its owner. */
export function PayoutForm(props: {
  readonly accountId: string;
  readonly balance: Sum;
  readonly held: Sum;
  readonly status: string;
}) {
  const { accountId, balance, held, status } = props;
  const [sum, setSum] = useState('');
  const [reference, setReference] = useState('Payout');
  const most = { ...balance, amount: Math.max(0, balance.amount - held.amount) };
  const amount = parseMoney(sum, balance.currency);
  const wrong = sum !== '' && (!amount || amount.amount < 1 || amount.amount > most.amount);
  const payout = useOnce(
    `payout from ${accountId}`,
    (body: Payout, key) =>
      api.POST('/v1/accounts/{accountId}/payouts', {
        params: { path: { accountId }, header: { 'Idempotency-Key': key } },
        body,
      }),
    () => setSum(''),
  );
  if (status !== 'open') return <p>The account is {status}: nothing is paid out of it. Ask the check office.</p>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (amount && !wrong) payout.mutate({ amount, reference });
      }}
    >
      <div className="actions">
        <label>
          Amount ({balance.currency})
          <input
            required
            inputMode="decimal"
            autoComplete="off"
            value={sum}
            aria-invalid={wrong ? true : undefined}
            aria-describedby="payout-most"
            onChange={({ target }) => setSum(target.value)}
          />
        </label>
        <label>
          Reference
          <input required maxLength={140} value={reference} onChange={({ target }) => setReference(target.value)} />
        </label>
        <ActButton busy={payout.isPending} disabled={wrong}>
          Pay out
        </ActButton>
      </div>
      <p id="payout-most" className="quiet">
        At most {formatMoney(most)}, to your bank. The reference shows on its statement.
      </p>
      <p aria-live="polite">{payout.data && `${formatMoney(payout.data.amount)} is on its way to your bank.`}</p>
      {payout.error !== null && <ProblemAlert error={payout.error} />}
    </form>
  );
}
