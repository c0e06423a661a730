import { useAct } from '../../data/act.ts';
import { api } from '../../data/api.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { ProblemAlert } from '../../shared/states.tsx';
import type { StuckOrder } from '../data.ts';
import type { Taken } from '../interventions.tsx';
import { USUAL_REASON } from '../reason-field.tsx';
import { causesOf, type Cause } from './causes.ts';

/** What several stuck orders have in common. When the cause is removed, all of them are tried again by one click. */
export function CausesList(props: {
  readonly orders: readonly StuckOrder[];
  readonly onTaken: (taken: Taken) => void;
}) {
  const common = causesOf(props.orders).filter(({ orderIds }) => orderIds.length > 1);
  if (common.length === 0) return null;
  return (
    <ul className="causes" aria-label="Causes in common">
      {common.map((cause) => (
        <li key={`${cause.reason} ${cause.waitingOn}`}>
          <CommonCause cause={cause} onTaken={props.onTaken} />
        </li>
      ))}
    </ul>
  );
}

function CommonCause({ cause, onTaken }: { readonly cause: Cause; readonly onTaken: (taken: Taken) => void }) {
  const { reason, waitingOn, orderIds } = cause;
  const act = useAct((ids: Cause['orderIds']) => tryAgain(ids, onTaken));
  return (
    <>
      <div className="actions">
        <p>
          <strong>{orderIds.length}</strong> of these are stuck because of <strong>{reason}</strong>
          {waitingOn !== undefined && `, waiting for ${waitingOn}`}
        </p>
        <ActButton busy={act.isPending} className="secondary outline small" onClick={() => act.mutate(orderIds)}>
          Try all {orderIds.length} again
        </ActButton>
      </div>
      {act.error !== null && <ProblemAlert error={act.error} />}
    </>
  );
}

/** One after the other, so that what has just come back is not overrun. One that refuses stops none; the last refusal is the answer. */
async function tryAgain([first, ...others]: Cause['orderIds'], onTaken: (taken: Taken) => void) {
  let answer = await retry(first, onTaken);
  for (const orderId of others) {
    // oxlint-disable-next-line no-await-in-loop
    const next = await retry(orderId, onTaken);
    if (next.error !== undefined || answer.error === undefined) answer = next;
  }
  return answer;
}

async function retry(orderId: string, onTaken: (taken: Taken) => void) {
  const answer = await api.POST('/v1/orders/{orderId}/interventions', {
    params: { path: { orderId } },
    body: { action: 'retry', reason: USUAL_REASON },
  });
  if (answer.error === undefined) onTaken({ orderId, action: 'retry', at: new Date().toISOString() });
  return answer;
}
