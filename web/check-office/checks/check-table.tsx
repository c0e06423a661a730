import { useState } from 'react';
import { Link } from 'react-router';
import { useAct } from '../../data/act.ts';
import { api } from '../../data/api.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { ProblemAlert } from '../../shared/states.tsx';
import { Table, type Column } from '../../shared/table.tsx';
import { Age, Mark, Money } from '../../shared/values.tsx';
import type { Schemas } from '../data.ts';
import { isStoppable } from '../stoppable.ts';
import { ReasonField, USUAL_REASON } from '../reason-field.tsx';

type Check = Schemas['ECheck'];

/** Checks of the register, one a row; what stopping one needs stands above. */
export function CheckTable({ checks }: { readonly checks: readonly Check[] }) {
  const [reason, setReason] = useState(USUAL_REASON);
  const stop = useAct(({ number, why }: { readonly number: string; readonly why: string }) =>
    api.POST('/v1/echecks/{number}/stop', { params: { path: { number } }, body: { reason: why } }),
  );
  const given = reason.trim();
  const canStop = checks.some(({ status }) => isStoppable(status));
  return (
    <>
      {canStop && <ReasonField value={reason} onChange={setReason} />}
      {stop.error !== null && <ProblemAlert error={stop.error} />}
      <Table
        label="E-checks"
        rows={checks}
        keyOf={({ number }) => number}
        columns={[
          ...WHICH,
          {
            title: 'What can be done',
            unseen: true,
            render: ({ number, status }) =>
              isStoppable(status) && (
                <ActButton
                  busy={stop.isPending && stop.variables.number === number}
                  onClick={() => stop.mutate({ number, why: given })}
                  disabled={stop.isPending || given === ''}
                  className="danger small"
                >
                  Stop check
                </ActButton>
              ),
          },
          ...WHAT,
        ]}
      />
    </>
  );
}

const WHICH: readonly Column<Check>[] = [
  { title: 'Number', render: ({ number }) => <code>{number}</code> },
  { title: 'Status', render: ({ status }) => status && <Mark word={status} /> },
];

const WHAT: readonly Column<Check>[] = [
  { title: 'Order', render: ({ orderId }) => orderId && <Link to={`/orders/${orderId}`}>{orderId}</Link> },
  { title: 'From', className: 'party', render: ({ buyerId }) => buyerId },
  { title: 'To', className: 'party', render: ({ sellerId }) => sellerId },
  { title: 'Amount', number: true, render: ({ charge }) => <Money of={charge} /> },
  { title: 'Issued', render: ({ issuedAt }) => issuedAt && <Age since={issuedAt} /> },
  { title: 'Runs out', render: ({ expiresAt }) => expiresAt && <Age since={expiresAt} /> },
];
