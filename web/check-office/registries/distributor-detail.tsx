import type { SubmitEvent } from 'react';
import { readTerms, typedTerms } from '../../distributor/typed-terms.ts';
import { useDraft } from '../../registration/draft.ts';
import { SaveDraft } from '../../registration/save-draft.tsx';
import { AgentFields } from './agent-fields.tsx';
import { TermsForm } from './terms-form.tsx';
import { useDistributorPut, type Distributor } from './use-put.ts';

/** A distributor's registration to change. Orders that wait for a change of its terms go on with it at once. */
export function DistributorDetail({ distributor }: { readonly distributor: Distributor }) {
  const { id, status, version, terms, name, agent, site } = distributor;
  const draft = useDraft({ name, agent, site, terms: typedTerms(terms) });
  const put = useDistributorPut(draft.drop);
  const { terms: typed, ...acting } = draft.value;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    put.mutate({ ...acting, id, status, version, terms: readTerms(typed) });
  };
  return (
    <section aria-label={`Distributor ${id}`} className="detail">
      <h3>{id}</h3>
      <form onSubmit={submit}>
        <AgentFields value={acting} onChange={(part) => draft.set({ ...draft.value, ...part })} />
        <TermsForm typed={typed} onChange={(changed) => draft.set({ ...draft.value, terms: changed })} />
        <SaveDraft draft={draft} put={put} />
      </form>
    </section>
  );
}
