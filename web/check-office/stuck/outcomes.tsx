import { Link } from 'react-router';
import { useOrder } from '../../data/orders.ts';
import { formatWord } from '../../shared/format.ts';
import { Age } from '../../shared/values.tsx';
import type { StuckOrder } from '../data.ts';
import { labelOf, type Taken } from '../interventions.tsx';

/** What came of the decisions that were taken here, the latest first. */
export function Outcomes(props: { readonly of: readonly Taken[]; readonly stuck: readonly StuckOrder[] }) {
  const { of: taken, stuck } = props;
  const still = new Map(stuck.map(({ id, attention }) => [id, attention?.reason]));
  return (
    <ul className="outcomes" aria-live="polite" aria-label="What came of it">
      {taken.map((one) => (
        <Outcome key={one.orderId + one.at} of={one} stuck={still.has(one.orderId)} reason={still.get(one.orderId)} />
      ))}
    </ul>
  );
}

function Outcome(props: { readonly of: Taken; readonly stuck: boolean; readonly reason?: string }) {
  const { of, stuck, reason } = props;
  const { data: order } = useOrder(of.orderId);
  return (
    <li>
      <strong>{labelOf(of.action)}</strong> <Age since={of.at} />:{' '}
      {stuck ? (
        <>
          {of.orderId} is still stuck{reason === undefined ? '' : `: ${reason}`}.
        </>
      ) : (
        <>
          <Link to={`/orders/${of.orderId}`}>{of.orderId}</Link>{' '}
          {order ? `is now ${formatWord(order.stage).toLowerCase()}, and needs nobody.` : 'is being read again.'}
        </>
      )}
    </li>
  );
}
