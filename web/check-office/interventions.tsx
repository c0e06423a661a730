import type { ReactNode } from 'react';
import { api } from '../data/api.ts';
import { useAct } from '../data/act.ts';
import { ActButton } from '../shared/act-button.tsx';
import { ProblemAlert } from '../shared/states.tsx';
import type { Decision, Offered } from './decisions.ts';

const LABEL: Record<Decision, string> = {
  retry: 'Retry',
  resume: 'Resume',
  acknowledge: 'Acknowledge',
  override_credit: 'Override credit',
  abort: 'Abort',
};

/** A decision that the check office has taken about an order. */
export interface Taken {
  readonly orderId: string;
  readonly action: Decision;
  readonly at: string;
}

/** The decisions that are offered for an order, one button each; what it said no to stands below. */
export function Interventions(props: {
  readonly orderId: string;
  readonly offered: readonly Offered[];
  /** Goes on record with the decision. */
  readonly reason: string;
  readonly onTaken?: (taken: Taken) => void;
  /** Further buttons, which end the order, too. */
  readonly also?: ReactNode;
}) {
  const { orderId, offered, reason, onTaken, also } = props;
  const act = useAct(
    (action: Decision) =>
      api.POST('/v1/orders/{orderId}/interventions', {
        params: { path: { orderId } },
        body: { action, reason: reason.trim() },
      }),
    (_answer, action) => onTaken?.({ orderId, action, at: new Date().toISOString() }),
  );
  const advised = offered.filter(({ why }) => why !== undefined);
  return (
    <>
      <div className="actions decisions">
        {offered.map(({ action, why }) => (
          <ActButton
            key={action}
            busy={act.isPending && act.variables === action}
            onClick={() => act.mutate(action)}
            disabled={act.isPending || reason.trim() === ''}
            className={classOf(action, why !== undefined)}
          >
            {LABEL[action]}
          </ActButton>
        ))}
        {also}
      </div>
      {advised.length > 0 && (
        <ul className="advice">
          {advised.map(({ action, why }) => (
            <li key={action}>
              <strong>{LABEL[action]}</strong>: {why}
            </li>
          ))}
        </ul>
      )}
      {act.error !== null && <ProblemAlert error={act.error} />}
    </>
  );
}

function classOf(action: Decision, advised: boolean): string {
  if (action === 'abort') return 'danger';
  return advised ? '' : 'secondary outline';
}

/** What a decision is called, as on its button. */
export function labelOf(action: Decision): string {
  return LABEL[action];
}
