import { useState } from 'react';
import type { Money as Sum, Order } from '../../client/index.ts';
import { useOnce } from '../data/act.ts';
import { api } from '../data/api.ts';
import { useTimeline } from '../order/history.ts';
import { ActButton } from '../shared/act-button.tsx';
import { formatMoney, plainMoney } from '../shared/format.ts';
import { leftOf } from '../shared/refunded.ts';
import { Loaded, ProblemAlert } from '../shared/states.tsx';
import { Money } from '../shared/values.tsx';
import { positiveSum } from './money-field.tsx';

/** Gives back what a settled order cost, in full or in part. */
export function RefundForm({ order, reason }: { readonly order: Order; readonly reason: string }) {
  const timeline = useTimeline(order.id);
  const settled = order.payment?.amount;
  if (!settled) return null;
  return (
    <Loaded of={timeline} lines={2}>
      {({ data }) => {
        const left = leftOf(settled, data);
        if (left.amount === 0) return null;
        return <SumForm orderId={order.id} left={left} reason={reason} />;
      }}
    </Loaded>
  );
}

function SumForm({ orderId, left, reason }: { readonly orderId: string; readonly left: Sum; readonly reason: string }) {
  // Until somebody types, all that is left, whatever is given back elsewhere meanwhile.
  const [typed, setTyped] = useState<string>();
  const text = typed ?? plainMoney(left);
  const path = { orderId };
  const refund = useOnce(
    `refund of ${orderId}`,
    (body: { readonly amount: Sum; readonly reason: string }, key) =>
      api.POST('/v1/orders/{orderId}/refund', { params: { path, header: { 'Idempotency-Key': key } }, body }),
    () => setTyped(undefined),
  );
  const amount = positiveSum(text, left.currency);
  const given = reason.trim();
  return (
    <>
      <div className="actions">
        <label>
          Refund amount ({left.currency})
          <input
            inputMode="decimal"
            value={text}
            aria-invalid={amount === undefined ? true : undefined}
            onChange={({ target }) => setTyped(target.value)}
          />
        </label>
        <ActButton
          busy={refund.isPending}
          onClick={() => amount && refund.mutate({ amount, reason: given })}
          disabled={given === '' || amount === undefined}
          className="secondary outline"
        >
          Refund
        </ActButton>
      </div>
      <p className="facts" aria-live="polite">
        {refund.data && <>Refunded {formatMoney(refund.data.refund.amount)}. </>}
        <Money of={left} /> can still be given back.
      </p>
      {refund.error !== null && <ProblemAlert error={refund.error} />}
    </>
  );
}
