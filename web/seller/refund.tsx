import { useState } from 'react';
import type { Money as Sum, Order } from '../../client/index.ts';
import { useOnce } from '../data/act.ts';
import { api } from '../data/api.ts';
import { useTimeline } from '../order/history.ts';
import { ActButton } from '../shared/act-button.tsx';
import { formatMoney, parseMoney, plainMoney } from '../shared/format.ts';
import { Loaded, ProblemAlert } from '../shared/states.tsx';
import { Money } from '../shared/values.tsx';
import { leftOf } from '../shared/refunded.ts';

/** Gives back what was settled, in full or in part: closed until somebody wants it, and again when it is done. */
export function Refund({ order }: { readonly order: Order }) {
  const [open, setOpen] = useState(false);
  const [given, setGiven] = useState<Sum>();
  const settled = order.payment?.amount;
  if (!settled) return null;
  const done = (sum: Sum): void => {
    setGiven(sum);
    setOpen(false);
  };
  return (
    <>
      <div aria-live="polite">{given && <p>{formatMoney(given)} given back.</p>}</div>
      <details className="refund" open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>Give money back</summary>
        {open && <WhatIsLeft orderId={order.id} settled={settled} onDone={done} />}
      </details>
    </>
  );
}

interface Refunding {
  readonly orderId: string;
  readonly settled: Sum;
  readonly onDone: (given: Sum) => void;
}

function WhatIsLeft({ orderId, settled, onDone }: Refunding) {
  const timeline = useTimeline(orderId);
  return (
    <Loaded of={timeline} lines={2}>
      {({ data }) => {
        const left = leftOf(settled, data);
        return <RefundForm {...{ orderId, settled, left, onDone }} />;
      }}
    </Loaded>
  );
}

function RefundForm({ orderId, left, settled, onDone }: Refunding & { readonly left: Sum }) {
  // Until somebody types, all that is left, whatever is given back elsewhere meanwhile.
  const [typed, setTyped] = useState<string>();
  const sum = typed ?? plainMoney(left);
  const [reason, setReason] = useState('The goods were damaged on arrival.');
  const amount = parseMoney(sum, left.currency);
  const wrong = !amount || amount.amount < 1 || amount.amount > left.amount;
  const refund = useOnce(
    `refund of ${orderId}`,
    (body: { readonly amount: Sum; readonly reason: string }, key) =>
      api.POST('/v1/orders/{orderId}/refund', {
        params: { path: { orderId }, header: { 'Idempotency-Key': key } },
        body,
      }),
    (_order, { amount: given }) => onDone(given),
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (amount && !wrong) refund.mutate({ amount, reason });
      }}
    >
      <p className="quiet">
        <Money of={left} /> of <Money of={settled} /> can still be given back. It goes to the buyer's account at once.
      </p>
      <div className="actions">
        <label>
          Amount ({left.currency})
          <input
            required
            inputMode="decimal"
            value={sum}
            aria-invalid={wrong ? true : undefined}
            onChange={({ target }) => setTyped(target.value)}
          />
          {wrong && <small>A sum from {formatMoney({ ...left, amount: 1 })} to what is left.</small>}
        </label>
        <label>
          Reason
          <input required maxLength={500} value={reason} onChange={({ target }) => setReason(target.value)} />
        </label>
        <ActButton busy={refund.isPending} disabled={wrong} className="danger">
          Refund
        </ActButton>
      </div>
      {refund.error !== null && <ProblemAlert error={refund.error} />}
    </form>
  );
}
