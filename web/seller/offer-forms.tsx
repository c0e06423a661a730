import { useState } from 'react';
import type { components, Money } from '../../client/index.ts';
import { isOfType } from '../data/problems.ts';
import { useDraft } from '../registration/draft.ts';
import { useOwnChange } from '../registration/own.ts';
import { ActButton } from '../shared/act-button.tsx';
import { plainMoney } from '../shared/format.ts';
import { ProblemAlert } from '../shared/states.tsx';
import { Money as Shown } from '../shared/values.tsx';
import { grams, isPrice, readOffer, typedOffer, type TypedOffer } from './typed-offer.ts';

type Offer = components['schemas']['Offer'];
export type OfferOnRecord = Offer & { readonly version: number };

/** One offer: what is registered, to change; saved by its own button. */
export function OfferForm({ offer }: { readonly offer: OfferOnRecord }) {
  const { sku, version, price } = offer;
  const draft = useDraft(typedOffer(offer));
  const change = useOwnChange();
  const read = readOffer(draft.value, price.currency);
  return (
    <form
      className="offer"
      aria-label={sku}
      onSubmit={(event) => {
        event.preventDefault();
        // What was typed is shown until what was saved has been read.
        if (read) change.mutate({ commodities: [{ sku, ...read }], version }, { onSuccess: draft.drop });
      }}
    >
      <h3>{sku}</h3>
      <div className="actions">
        <OfferFields typed={draft.value} currency={price.currency} onChange={draft.set} />
        <ActButton busy={change.isPending} disabled={!draft.isChanged || !read}>
          Save
        </ActButton>
        <ActButton
          busy={false}
          disabled={change.isPending}
          className="danger"
          onClick={() => change.mutate({ commodities: [{ sku, active: false }], version })}
        >
          Withdraw
        </ActButton>
      </div>
      {draft.isOvertaken && (
        <p role="alert" className="note">
          This offer was changed elsewhere meanwhile: it is now “{offer.name}” at <Shown of={price} />. Save puts yours
          in its place, or{' '}
          <button type="button" className="secondary small" onClick={draft.drop}>
            Load what is registered
          </button>
        </p>
      )}
      {change.error !== null && <ProblemAlert error={change.error} />}
      {isOfType(change.error, 'version-conflict') && (
        <p>What is registered now has been read. Nothing that you typed is lost: save again.</p>
      )}
    </form>
  );
}

const NOTHING: TypedOffer = { name: '', price: '', weight: '', hours: '24' };

/** Puts something new on offer. */
export function NewOffer({ currency }: { readonly currency: Money['currency'] }) {
  const [sku, setSku] = useState('');
  const [typed, setTyped] = useState(NOTHING);
  const add = useOwnChange(() => {
    setSku('');
    setTyped(NOTHING);
  });
  const read = readOffer(typed, currency);
  return (
    <form
      className="offer"
      onSubmit={(event) => {
        event.preventDefault();
        if (read) add.mutate({ commodities: [{ sku, ...read, active: true }] });
      }}
    >
      <div className="actions">
        <label>
          SKU
          <input required maxLength={100} value={sku} onChange={({ target }) => setSku(target.value)} />
        </label>
        <OfferFields typed={typed} currency={currency} onChange={setTyped} />
        <ActButton busy={add.isPending} disabled={!read}>
          Add offer
        </ActButton>
      </div>
      <p className="quiet">If the SKU is on offer already, this changes that offer.</p>
      {add.error !== null && <ProblemAlert error={add.error} />}
    </form>
  );
}

function OfferFields(props: {
  readonly typed: TypedOffer;
  readonly currency: Money['currency'];
  readonly onChange: (typed: TypedOffer) => void;
}) {
  const { typed, currency, onChange } = props;
  const example = plainMoney({ amount: 1990, currency });
  const wrongPrice = typed.price.trim() !== '' && !isPrice(typed.price, currency);
  const wrongWeight = typed.weight.trim() !== '' && grams(typed.weight) === undefined;
  return (
    <>
      <label className="grows">
        Name
        <input
          required
          maxLength={200}
          value={typed.name}
          onChange={({ target }) => onChange({ ...typed, name: target.value })}
        />
      </label>
      <label>
        Price ({currency})
        <input
          required
          inputMode="decimal"
          placeholder={example}
          value={typed.price}
          aria-invalid={wrongPrice ? true : undefined}
          onChange={({ target }) => onChange({ ...typed, price: target.value })}
        />
        {wrongPrice && <small>A sum such as {example}.</small>}
      </label>
      <label>
        Weight (kg)
        <input
          required
          inputMode="decimal"
          value={typed.weight}
          aria-invalid={wrongWeight ? true : undefined}
          onChange={({ target }) => onChange({ ...typed, weight: target.value })}
        />
        {wrongWeight && <small>Kilograms such as 12.5, to the gram.</small>}
      </label>
      <label>
        Handling hours
        <input
          type="number"
          min={0}
          max={10_000}
          required
          value={typed.hours}
          onChange={({ target }) => onChange({ ...typed, hours: target.value })}
        />
      </label>
    </>
  );
}
