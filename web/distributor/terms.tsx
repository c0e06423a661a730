import { useDraft } from '../registration/draft.ts';
import { isSeller, useOwnChange, useOwnRegistration, type DistributorRegistration } from '../registration/own.ts';
import { SaveDraft } from '../registration/save-draft.tsx';
import { Panel } from '../shared/page.tsx';
import { Loaded } from '../shared/states.tsx';
import { AreaFields, HolidayFields } from './terms-area.tsx';
import { CarryingFields, ClockFields } from './terms-fields.tsx';
import { readTerms, typedTerms } from './typed-terms.ts';

/** Where, when and what the distributor delivers: shown, and changed as a whole. */
export function TermsView() {
  const own = useOwnRegistration();
  return (
    <Panel title="Terms">
      <Loaded of={own} lines={8}>
        {(registered) => (isSeller(registered) ? null : <TermsForm registered={registered} />)}
      </Loaded>
    </Panel>
  );
}

function TermsForm({ registered: { terms, version } }: { readonly registered: DistributorRegistration }) {
  const draft = useDraft(typedTerms(terms));
  const change = useOwnChange();
  const fields = { typed: draft.value, onChange: draft.set };
  return (
    <form
      className="terms"
      onSubmit={(event) => {
        event.preventDefault();
        // What was typed is shown until what was saved has been read.
        change.mutate({ terms: readTerms(draft.value), version }, { onSuccess: draft.drop });
      }}
    >
      <p className="quiet">
        Orders that these terms do not allow are refused before any money is held. A change is for every date that is
        fixed from then on; dates that are fixed stay.
      </p>
      <AreaFields {...fields} />
      <ClockFields {...fields} />
      <HolidayFields {...fields} />
      <CarryingFields {...fields} />
      <SaveDraft what="terms" draft={draft} put={change} />
    </form>
  );
}
