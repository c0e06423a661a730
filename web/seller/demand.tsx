import { useState } from 'react';
import type { Order } from '../../client/index.ts';
import { useAct } from '../data/act.ts';
import { api } from '../data/api.ts';
import { ActButton } from '../shared/act-button.tsx';
import { announce } from '../shared/announce.ts';
import { ProblemAlert } from '../shared/states.tsx';
import { Money } from '../shared/values.tsx';

/** Demands the payment of an order on its check (claims 5, 7): of a seller that does so itself. */
export function DemandPayment({ order }: { readonly order: Order }) {
  const [reference, setReference] = useState('');
  const echeck = order.echeck?.jws ?? '';
  const demand = useAct(
    (own: string) => api.POST('/v1/payment-demands', { body: { echeck, ...(own && { reference: own }) } }),
    () => announce(`${order.id} paid`),
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        demand.mutate(reference.trim());
      }}
    >
      <p>
        <strong>
          <Money of={order.charge} />
        </strong>{' '}
        is due: it is paid on your demand.
      </p>
      <div className="actions">
        <label>
          Your reference (optional)
          <input maxLength={200} value={reference} onChange={({ target }) => setReference(target.value)} />
        </label>
        <ActButton busy={demand.isPending}>Demand payment</ActButton>
      </div>
      {demand.error !== null && <ProblemAlert error={demand.error} />}
    </form>
  );
}
