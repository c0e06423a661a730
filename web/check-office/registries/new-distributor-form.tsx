import { useState, type SubmitEvent } from 'react';
import { readTerms, type TypedTerms } from '../../distributor/typed-terms.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { ProblemAlert } from '../../shared/states.tsx';
import type { Schemas } from '../data.ts';
import { PARTY_ID, PARTY_ID_RULE } from '../forms.ts';
import { AgentFields } from './agent-fields.tsx';
import { TermsForm } from './terms-form.tsx';
import { useDistributorPut } from './use-put.ts';

/** Registers a distributor with its terms, which it changes itself afterwards. */
export function NewDistributorForm({ onRegistered }: { readonly onRegistered: (id: string) => void }) {
  const [id, setId] = useState('');
  const [acting, setActing] = useState<Acting>({ name: '', agent: 'manual' });
  const [typed, setTyped] = useState(usualTerms);
  const put = useDistributorPut((registered) => {
    setId('');
    onRegistered(registered.id);
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    put.mutate({ ...acting, id: id.trim(), status: 'active', terms: readTerms(typed) });
  };
  return (
    <details>
      <summary>Register a distributor</summary>
      <form onSubmit={submit}>
        <div className="actions">
          <label>
            Distributor
            <input
              required
              placeholder="distributor-…"
              pattern={PARTY_ID}
              title={PARTY_ID_RULE}
              autoComplete="off"
              value={id}
              onChange={({ target }) => setId(target.value)}
            />
          </label>
        </div>
        <AgentFields value={acting} onChange={(part) => setActing({ ...acting, ...part })} />
        <TermsForm typed={typed} onChange={setTyped} />
        <ActButton busy={put.isPending}>Register distributor</ActButton>
      </form>
      {put.error !== null && <ProblemAlert error={put.error} />}
    </details>
  );
}

interface Acting {
  readonly name: string;
  readonly agent: Schemas['Agent'];
  readonly site?: Schemas['Site'];
}

/** On weekdays at the hours of shops, where the browser is. */
function usualTerms(): TypedTerms {
  return {
    countries: [],
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    weekdays: [1, 2, 3, 4, 5],
    fromHour: '8',
    toHour: '18',
    maxKilograms: '500',
    homeHours: '24',
    abroadHours: '72',
    holidayCountry: '',
    holidayRegion: '',
    cutOffHour: '',
  };
}
