import { useState } from 'react';
import type { Order } from '../../client/index.ts';
import { useAct } from '../data/act.ts';
import { api } from '../data/api.ts';
import { ActButton } from '../shared/act-button.tsx';
import { announce } from '../shared/announce.ts';
import { ProblemAlert } from '../shared/states.tsx';
import { useTerminalKey } from '../terminal-key/use-terminal-key.ts';
import { buyersActs } from './acts.ts';
import { useIndicated } from './indicated.ts';
import { isPresentableHere, presentationOf } from './presenting.ts';
import './actions.css';

/** What a buyer can do with an order now, on its page and in lists. */
export function BuyerActions({ order }: { readonly order: Order }) {
  const acts = buyersActs(order);
  return (
    <>
      {acts.present && <Present order={order} />}
      {acts.indicatePayment && <IndicatePayment order={order} />}
      {(acts.stop || acts.cancel) && <CallOff order={order} stop={acts.stop} cancel={acts.cancel} />}
    </>
  );
}

/** Hands the check to its payee, signed by this browser's key where the check is bound to it. */
function Present({ order }: { readonly order: Order }) {
  const key = useTerminalKey();
  const path = { orderId: order.id };
  const present = useAct(
    async () =>
      api.POST('/v1/orders/{orderId}/presentation', {
        params: { path },
        body: await presentationOf(order, key ?? null),
      }),
    () => announce('The check is presented.'),
  );
  const { jws } = order.echeck ?? {};
  if (jws === undefined || key === undefined) return null;
  if (!isPresentableHere(jws, key))
    return (
      <p className="note">
        This check is bound to the key of the terminal that ordered, and this browser does not have that key: present it
        there. If that terminal is gone, cancel the order here and order again; that costs nothing.
      </p>
    );
  return (
    <div className="buyers-act">
      <div className="actions">
        <ActButton busy={present.isPending} onClick={() => present.mutate(undefined)}>
          Present check
        </ActButton>
        <span className="hint">to {order.sellerId}, with the goods and the address</span>
      </div>
      {present.error !== null && <ProblemAlert error={present.error} />}
    </div>
  );
}

/** Tells the seller, after its notice, that it will be paid by the check. */
function IndicatePayment({ order }: { readonly order: Order }) {
  const isIndicated = useIndicated([order]).get(order.id);
  const path = { orderId: order.id };
  const indicate = useAct(
    () =>
      api.POST('/v1/orders/{orderId}/payment-indication', {
        params: { path },
        body: order.charge ? { amount: order.charge } : {},
      }),
    () => announce('The payment is indicated.'),
  );
  if (isIndicated === undefined) return null;
  if (isIndicated)
    return (
      <p className="hint">
        The payment is indicated.{order.attention === null && ` ${order.distributorId} fixes the date now.`}
      </p>
    );
  return (
    <div className="buyers-act">
      <div className="actions">
        <ActButton busy={indicate.isPending} onClick={() => indicate.mutate(undefined)}>
          Indicate payment
        </ActButton>
        <span className="hint">{order.sellerId} has promised the goods</span>
      </div>
      {indicate.error !== null && <ProblemAlert error={indicate.error} />}
    </div>
  );
}

interface Reasoned {
  readonly reason: string;
}

/** Ends the order: by stopping its check, or as a whole. Set apart from what takes it further. */
function CallOff({ order, stop, cancel }: { readonly order: Order; readonly stop: boolean; readonly cancel: boolean }) {
  const [reason, setReason] = useState('no longer needed');
  const { id: orderId, echeck } = order;
  const number = echeck?.number ?? '';
  const stopping = useAct(
    (body: Reasoned) => api.POST('/v1/echecks/{number}/stop', { params: { path: { number } }, body }),
    () => announce('The check is stopped.'),
  );
  const cancelling = useAct(
    (body: Reasoned) => api.POST('/v1/orders/{orderId}/cancellation', { params: { path: { orderId } }, body }),
    () => announce('The order is cancelled.'),
  );
  const isBusy = stopping.isPending || cancelling.isPending;
  const error = stopping.error ?? cancelling.error;
  return (
    <div className="buyers-act calling-off">
      <div className="actions">
        <label className="grows">
          Reason
          <input maxLength={500} value={reason} onChange={({ target }) => setReason(target.value)} />
        </label>
        {stop && (
          <ActButton
            className="danger"
            busy={stopping.isPending}
            disabled={isBusy}
            onClick={() => stopping.mutate({ reason })}
          >
            Stop check
          </ActButton>
        )}
        {cancel && (
          <ActButton
            className="danger"
            busy={cancelling.isPending}
            disabled={isBusy}
            onClick={() => cancelling.mutate({ reason })}
          >
            Cancel order
          </ActButton>
        )}
      </div>
      {error !== null && <ProblemAlert error={error} />}
    </div>
  );
}
