import { useState, type SubmitEvent } from 'react';
import { ActButton } from '../../shared/act-button.tsx';
import { ProblemAlert } from '../../shared/states.tsx';
import { Choice } from '../choice.tsx';
import { CURRENCIES, type Schemas } from '../data.ts';
import { PARTY_ID, PARTY_ID_RULE, textsOf } from '../forms.ts';
import { useSellerPut } from './use-put.ts';

/** Registers a seller; its account is opened with it. What it offers it says itself, at its desk. */
export function NewSellerForm({ onRegistered }: { readonly onRegistered: (id: string) => void }) {
  const [agent, setAgent] = useState<Schemas['Agent']>('manual');
  const [currency, setCurrency] = useState<Schemas['Currency']>('EUR');
  const put = useSellerPut(({ id }) => onRegistered(id));
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { id = '', name = '', url } = textsOf(event.currentTarget);
    put.mutate({ id, name, agent, currency, status: 'active', ...(url && { site: { url } }) });
  };
  return (
    <details>
      <summary>Register a seller</summary>
      <form className="actions" onSubmit={submit}>
        <label>
          Seller
          <input
            name="id"
            required
            placeholder="seller-…"
            autoComplete="off"
            pattern={PARTY_ID}
            title={PARTY_ID_RULE}
          />
        </label>
        <label>
          Name
          <input name="name" required maxLength={200} autoComplete="off" />
        </label>
        <Choice label="Agent" value={agent} options={['auto', 'manual', 'site']} onChange={setAgent} />
        {agent === 'site' && (
          <label>
            Address of its own server
            <input name="url" type="url" required placeholder="https://…" autoComplete="off" />
          </label>
        )}
        <Choice label="Currency" value={currency} options={CURRENCIES} onChange={setCurrency} />
        <ActButton busy={put.isPending}>Register seller</ActButton>
      </form>
      {put.error !== null && <ProblemAlert error={put.error} />}
    </details>
  );
}
