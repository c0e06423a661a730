import { useState, type SubmitEvent } from 'react';
import { useAct } from '../../data/act.ts';
import { api } from '../../data/api.ts';
import { parseMoney } from '../../shared/format.ts';
import { ProblemAlert } from '../../shared/states.tsx';
import { Choice } from '../choice.tsx';
import { CURRENCIES, type Schemas } from '../data.ts';
import { MoneyField } from '../money-field.tsx';

/** Opens the account of a new party. A seller's is opened with its registration, too. */
export function NewAccountForm({ onOpened }: { readonly onOpened: (id: string) => void }) {
  const [id, setId] = useState('');
  const [kind, setKind] = useState<Schemas['NewAccount']['kind']>('buyer');
  const [agent, setAgent] = useState<Schemas['BuyerAgent']>('auto');
  const [currency, setCurrency] = useState<Schemas['Currency']>('EUR');
  const [line, setLine] = useState('');
  const open = useAct(
    (body: Schemas['NewAccount']) => api.POST('/v1/accounts', { body }),
    (account) => {
      setId('');
      setLine('');
      if (account) onOpened(account.id);
    },
  );
  const creditLimit = parseMoney(line, currency);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    open.mutate({
      id: id.trim(),
      kind,
      currency,
      ...(creditLimit && { creditLimit }),
      ...(kind === 'buyer' && { agent }),
    });
  };
  return (
    <form onSubmit={submit}>
      <div className="actions">
        <label>
          Party
          <input
            value={id}
            required
            placeholder="buyer-cleo"
            autoComplete="off"
            onChange={({ target }) => setId(target.value)}
          />
        </label>
        <Choice label="Kind" value={kind} options={['buyer', 'seller']} onChange={setKind} />
        {kind === 'buyer' && <Choice label="Agent" value={agent} options={['auto', 'manual']} onChange={setAgent} />}
        <Choice label="Currency" value={currency} options={CURRENCIES} onChange={setCurrency} />
        <MoneyField label="Credit line" currency={currency} value={line} onChange={setLine} />
        <button
          type="submit"
          aria-busy={open.isPending}
          disabled={open.isPending || (line.trim() !== '' && !creditLimit)}
        >
          Open new account
        </button>
      </div>
      {open.error !== null && <ProblemAlert error={open.error} />}
    </form>
  );
}
