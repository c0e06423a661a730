import { useState } from 'react';
import { useAct } from '../../data/act.ts';
import { api } from '../../data/api.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { parseMoney, plainMoney } from '../../shared/format.ts';
import { ProblemAlert } from '../../shared/states.tsx';
import type { Schemas } from '../data.ts';
import { MoneyField } from '../money-field.tsx';

type Account = Schemas['Account'];
type Patch = Schemas['AccountPatch'];

/** Freezes, opens or closes an account, and sets its credit line. */
export function AccountChanges({ account }: { readonly account: Account }) {
  const { id: accountId, status, creditLimit } = account;
  const [line, setLine] = useState(plainMoney(creditLimit));
  const change = useAct((body: Patch) =>
    api.PATCH('/v1/accounts/{accountId}', { params: { path: { accountId } }, body }),
  );
  const limit = parseMoney(line, creditLimit.currency);
  const isUnderWay = (word: string) => change.isPending && change.variables.status === word;
  return (
    <>
      <div className="actions">
        {MOVES[status].map(({ to, label, className }) => (
          <ActButton
            key={to}
            busy={isUnderWay(to)}
            onClick={() => change.mutate({ status: to })}
            disabled={change.isPending}
            className={className}
          >
            {label}
          </ActButton>
        ))}
        <MoneyField label="Credit line" currency={creditLimit.currency} value={line} onChange={setLine} />
        <ActButton
          busy={change.isPending && change.variables.creditLimit !== undefined}
          onClick={() => limit && change.mutate({ creditLimit: limit })}
          disabled={change.isPending || limit === undefined || limit.amount === creditLimit.amount}
          className="secondary"
        >
          Set credit line
        </ActButton>
      </div>
      {change.error !== null && <ProblemAlert error={change.error} />}
    </>
  );
}

interface Move {
  readonly to: Account['status'];
  readonly label: string;
  readonly className: string;
}

const OPEN: Move = { to: 'open', label: 'Open account', className: 'secondary' };
const FREEZE: Move = { to: 'frozen', label: 'Freeze account', className: 'danger' };
const CLOSE: Move = { to: 'closed', label: 'Close account', className: 'danger' };

const MOVES: Record<Account['status'], readonly Move[]> = {
  open: [FREEZE, CLOSE],
  frozen: [OPEN, CLOSE],
  closed: [OPEN],
};
