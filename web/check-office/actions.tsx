import { useState } from 'react';
import type { Order } from '../../client/index.ts';
import { hasEnded } from '../data/orders.ts';
import { ProblemAlert } from '../shared/states.tsx';
import { AddressReading } from './address-reading.tsx';
import { useDiagnosis } from './data.ts';
import { decisionsFor } from './decisions.ts';
import { useEnds } from './ends.tsx';
import { Interventions } from './interventions.tsx';
import './office.css';
import { ReasonField, USUAL_REASON } from './reason-field.tsx';
import { RefundForm } from './refund-form.tsx';
import { Trouble } from './stuck/trouble.tsx';

/** What the check office can do with an order. Whatever it does, the reason stands on record with it. */
export function OperatorActions({ order }: { readonly order: Order }) {
  const [reason, setReason] = useState(USUAL_REASON);
  const ended = hasEnded(order);
  const { data: diagnosis } = useDiagnosis(order.id, { again: !ended });
  const trouble = troubleOf(order, diagnosis);
  const offered = decisionsFor({
    stage: order.stage,
    ended,
    trouble,
    advice: diagnosis?.advice,
  });
  const ends = useEnds(order, { stuck: trouble !== null, reason });
  return (
    <div className="operator-actions">
      {trouble && <Trouble step={trouble.step} reason={trouble.reason} diagnosis={diagnosis} order={order} />}
      <ReasonField value={reason} onChange={setReason} />
      <Interventions orderId={order.id} offered={offered} reason={reason} also={ends.buttons} />
      {ends.error !== null && <ProblemAlert error={ends.error} />}
      {order.payment?.status === 'settled' && <RefundForm order={order} reason={reason} />}
      <AddressReading orderId={order.id} reason={reason} />
      {order.links.workflow && (
        <p>
          <a href={order.links.workflow} target="_blank" rel="noreferrer">
            Open in the Temporal UI
          </a>
        </p>
      )}
    </div>
  );
}

/** What is wrong with it by the diagnosis, which knows also of a workflow that is gone; until that is there, by its row. */
function troubleOf({ attention }: Order, diagnosis: ReturnType<typeof useDiagnosis>['data']) {
  if (diagnosis) {
    const { step, reason } = diagnosis;
    return step !== null && reason !== null ? { step, reason } : null;
  }
  return attention ? { step: attention.step ?? 'unknown', reason: attention.reason ?? 'unknown' } : null;
}
