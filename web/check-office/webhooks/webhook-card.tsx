import { useState } from 'react';
import { useAct } from '../../data/act.ts';
import { api } from '../../data/api.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { ProblemAlert } from '../../shared/states.tsx';
import { Age, Mark, When } from '../../shared/values.tsx';
import type { Schemas } from '../data.ts';
import { Deliveries } from './deliveries.tsx';

type Webhook = Schemas['Webhook'];

/** One target: whose it is, why it gets nothing where it does not, and what can be done about it. */
export function WebhookCard({ webhook, open }: { readonly webhook: Webhook; readonly open: boolean }) {
  const { id, partyId, role, url, status, types, pending } = webhook;
  const [shown, setShown] = useState(open);
  return (
    <article aria-label={id} className="order-card">
      <header>
        <strong className="breakable">{url}</strong>
        <Mark word={status} />
      </header>
      <p className="facts">
        {partyId} ({role}) · {types === null ? 'every event' : types.join(', ')} · {waiting(pending)}
      </p>
      <Why of={webhook} />
      <WebhookActions webhook={webhook} />
      <details open={shown} onToggle={({ currentTarget }) => setShown(currentTarget.open)}>
        <summary>Deliveries</summary>
        {shown && <Deliveries webhookId={id} />}
      </details>
    </article>
  );
}

function waiting(pending: number): string {
  if (pending === 0) return 'nothing waits';
  return `${pending >= MOST_COUNTED ? `${MOST_COUNTED} or more` : pending} waiting`;
}

/** The API counts no further. */
const MOST_COUNTED = 1_000;

function Why({ of: { disabled, failing } }: { readonly of: Webhook }) {
  return (
    <>
      {disabled && (
        <p>
          Given up <Age since={disabled.since} />: {GIVEN_UP[disabled.reason]}
        </p>
      )}
      {failing && (
        <p>
          Failing since <When at={failing.since} />, {failing.attempts}{' '}
          {failing.attempts === 1 ? 'attempt' : 'attempts'}: {failing.lastError}
          {failing.nextAttemptAt !== null && (
            <>
              . Next try <Age since={failing.nextAttemptAt} />
            </>
          )}
        </p>
      )}
    </>
  );
}

const GIVEN_UP: Record<Schemas['WebhookDisabled']['reason'], string> = {
  gone: 'the receiver answered that it is gone (410). Ask the party whether it moved.',
  failing: 'nothing but failures for three days. Call the party, then enable it again.',
  forbidden_target: 'its name leads to a private address. The party registers a public one.',
  party_forgotten: "its secret was deleted with the party's data. The party registers a new one.",
};

function WebhookActions({ webhook: { id: webhookId, status } }: { readonly webhook: Webhook }) {
  const path = { webhookId };
  const enable = useAct(() => api.POST('/v1/webhooks/{webhookId}/enable', { params: { path } }));
  const remove = useAct(() => api.DELETE('/v1/webhooks/{webhookId}', { params: { path } }));
  const failed = enable.error ?? remove.error;
  return (
    <>
      <div className="actions">
        {status !== 'active' && (
          <ActButton busy={enable.isPending} onClick={() => enable.mutate(undefined)}>
            {status === 'disabled' ? 'Enable' : 'Try now'}
          </ActButton>
        )}
        <ActButton busy={remove.isPending} onClick={() => remove.mutate(undefined)} className="danger set-apart">
          Delete
        </ActButton>
      </div>
      {failed !== null && <ProblemAlert error={failed} />}
    </>
  );
}
