import type { Order } from '../../client/index.ts';
import { hasEnded } from '../data/orders.ts';
import { useSession } from '../session/session.tsx';
import { Age, Money } from '../shared/values.tsx';
import { OrderActions } from './actions.tsx';
import { useTimeline } from './history.ts';
import { STAGE_MEANING, nextAct, OFFICE } from './stage-words.ts';
import { Track } from './track-view.tsx';

/** Where the order stands, who must act, and what whoever looks at it can do. */
export function Now({ order }: { readonly order: Order }) {
  const events = useTimeline(order.id).data?.data;
  return (
    <section className="panel now" aria-label="Now">
      <div className="now-head">
        <p role="status" className="stage mark" data-word={order.stage}>
          {order.stage}
        </p>
        <p className="meaning">{STAGE_MEANING[order.stage]}</p>
        {order.charge && (
          <p className="sum">
            <Money of={order.charge} />
          </p>
        )}
      </div>
      {events && <WhoseTurn order={order} indicated={events.some(({ type }) => type === 'payment_indicated')} />}
      {order.refusal && <p className="note bad">{order.refusal.detail}</p>}
      {order.attention && <Attention since={order.attention.since} />}
      <OrderActions order={order} />
      {events && <Track stage={order.stage} events={events} />}
    </section>
  );
}

function WhoseTurn({ order, indicated }: { readonly order: Order; readonly indicated: boolean }) {
  const { partyId, role } = useSession();
  // A distributor is instructed only after the payment was indicated, and does not hear of it.
  const next = nextAct(order, indicated || role === 'distributor');
  if (!next) return hasEnded(order) ? <p className="turn">Nothing is left to do.</p> : null;
  const { party, what } = next;
  if (party === partyId)
    return (
      <p className="turn own" aria-live="polite">
        It is your turn {what}.
      </p>
    );
  return (
    <p className="turn" aria-live="polite">
      Waiting for <strong>{party === OFFICE ? 'the check office' : party}</strong> {what}.
    </p>
  );
}

/** What it is stands with what operators can do about it; the parties learn that somebody looks after it. */
function Attention({ since }: { readonly since: string }) {
  const { role } = useSession();
  if (role === 'operator') return null;
  return (
    <p className="note wait">
      The check office looks after this order, since <Age since={since} />.
    </p>
  );
}
