import { useState } from 'react';
import { Link } from 'react-router';
import { hasEnded } from '../../data/orders.ts';
import { Age, Mark, Money } from '../../shared/values.tsx';
import { useDiagnosis, type StuckOrder } from '../data.ts';
import { decisionsFor } from '../decisions.ts';
import { Interventions, type Taken } from '../interventions.tsx';
import { ReasonField, USUAL_REASON } from '../reason-field.tsx';
import { Trouble } from './trouble.tsx';

/** One stuck order. Of one that the database cannot give, what Temporal knows is shown: it can be helped all the same. */
export function StuckCard(props: { readonly order: StuckOrder; readonly onTaken: (taken: Taken) => void }) {
  const { order, onTaken } = props;
  const [reason, setReason] = useState(USUAL_REASON);
  const { data: diagnosis } = useDiagnosis(order.id, { again: true });
  const { step = 'unknown', reason: cause = 'unknown', since, waitingOn } = order.attention ?? {};
  const offered = decisionsFor({
    stage: order.stage,
    ended: hasEnded(order),
    trouble: { step: diagnosis?.step ?? step, reason: diagnosis?.reason ?? cause },
    advice: diagnosis?.advice,
  });
  return (
    <article aria-label={order.id} className="order-card stuck">
      <header>
        <Link to={`/orders/${order.id}`}>{order.id}</Link>
        <Mark word={order.stage} />
      </header>
      <p className="facts">
        Noticed {since ? <Age since={since} /> : 'at an unknown time'}
        {order.charge && (
          <>
            {' · '}
            <Money of={order.charge} />
          </>
        )}
        {'buyerId' in order ? ` · ${order.buyerId}` : ''}
        {order.sellerId ? ` → ${order.sellerId}` : ''}
      </p>
      <Trouble step={step} reason={cause} waitingOn={waitingOn} diagnosis={diagnosis} order={order} />
      <ReasonField value={reason} onChange={setReason} />
      <Interventions orderId={order.id} offered={offered} reason={reason} onTaken={onTaken} />
      {order.links.workflow && (
        <a href={order.links.workflow} target="_blank" rel="noreferrer">
          Open in the Temporal UI
        </a>
      )}
    </article>
  );
}
