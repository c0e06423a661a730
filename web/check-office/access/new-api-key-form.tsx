import { useState, type SubmitEvent } from 'react';
import { useAct } from '../../data/act.ts';
import { api } from '../../data/api.ts';
import { ProblemAlert } from '../../shared/states.tsx';
import { Choice } from '../choice.tsx';
import { ROLES, type Schemas } from '../data.ts';
import { momentOf } from '../days.ts';
import { textsOf } from '../forms.ts';
import { Secret } from '../secret.tsx';

/** Makes a key for a party's server, and shows it this once. */
export function NewApiKeyForm() {
  const [role, setRole] = useState<Schemas['NewApiKey']['role']>('seller');
  const make = useAct((body: Schemas['NewApiKey']) => api.POST('/v1/api-keys', { body }));
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { partyId = '', name = '', write, lastDay = '' } = textsOf(event.currentTarget);
    const expiresAt = lastDay === '' ? undefined : momentOf(lastDay, 1);
    const scopes: Schemas['NewApiKey']['scopes'] = write === undefined ? ['read'] : ['read', 'write'];
    make.mutate({ partyId, role, name, scopes, ...(expiresAt && { expiresAt }) });
  };
  return (
    <form onSubmit={submit}>
      <div className="actions">
        <label>
          Key for the party
          <input name="partyId" required placeholder="seller-mill" autoComplete="off" />
        </label>
        <Choice label="Role" value={role} options={ROLES} onChange={setRole} />
        <label>
          Name of the key
          <input name="name" required maxLength={100} placeholder="warehouse" autoComplete="off" />
        </label>
        <label>
          Last day
          <input name="lastDay" type="date" />
        </label>
        <label className="tick">
          <input name="write" type="checkbox" /> may also change things
        </label>
        <button type="submit" aria-busy={make.isPending} disabled={make.isPending}>
          Make a key
        </button>
      </div>
      {make.error !== null && <ProblemAlert error={make.error} />}
      {make.data && <Secret what={`The key ${make.data.name} of ${make.data.partyId}`} value={make.data.key} />}
    </form>
  );
}
