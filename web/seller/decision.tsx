import { useState } from 'react';
import type { Order } from '../../client/index.ts';
import { useAct } from '../data/act.ts';
import { api } from '../data/api.ts';
import { ActButton } from '../shared/act-button.tsx';
import { announce } from '../shared/announce.ts';
import { ProblemAlert } from '../shared/states.tsx';
import { Verdict } from './verdict.tsx';

const DEFAULT_REASON = 'The goods are not in stock.';

/** The seller's yes or no to a presented check. */
export function Decision({ order }: { readonly order: Order }) {
  const params = { path: { orderId: order.id } };
  const [reason, setReason] = useState(DEFAULT_REASON);
  const accept = useAct(
    () => api.POST('/v1/orders/{orderId}/acceptance', { params }),
    () => announce(`${order.id} accepted`),
  );
  const refuse = useAct(
    (because: string) => api.POST('/v1/orders/{orderId}/refusal', { params, body: { reason: because } }),
    () => announce(`${order.id} refused`),
  );
  const busy = accept.isPending || refuse.isPending;
  const error = accept.error ?? refuse.error;
  return (
    <div className="decision">
      {order.echeck?.jws !== undefined && <Verdict jws={order.echeck.jws} />}
      <div className="actions">
        <ActButton
          busy={accept.isPending}
          disabled={busy}
          onClick={() => {
            refuse.reset();
            accept.mutate(undefined);
          }}
        >
          Accept
        </ActButton>
        <form
          className="actions apart"
          onSubmit={(event) => {
            event.preventDefault();
            accept.reset();
            refuse.mutate(reason);
          }}
        >
          <label>
            Reason
            <input required maxLength={500} value={reason} onChange={({ target }) => setReason(target.value)} />
          </label>
          <ActButton busy={refuse.isPending} disabled={busy} className="danger">
            Refuse
          </ActButton>
        </form>
      </div>
      {error !== null && <ProblemAlert error={error} />}
    </div>
  );
}
