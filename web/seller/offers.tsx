import { useState } from 'react';
import { api } from '../data/api.ts';
import { usePages } from '../data/pages.ts';
import { isSeller, useOwnRegistration } from '../registration/own.ts';
import { More } from '../shared/more.tsx';
import { Panel } from '../shared/page.tsx';
import { Empty, Loaded } from '../shared/states.tsx';
import { NewOffer, OfferForm, type OfferOnRecord } from './offer-forms.tsx';

const PAGE = 50;

/** What the seller offers, at what price: changed here, for orders from then on. */
export function OffersView() {
  const own = useOwnRegistration();
  const [sought, setSought] = useState('');
  const offers = usePages('/v1/registry/self', { limit: PAGE }, readOffers);
  return (
    <>
      <Panel title="On offer">
        <p className="quiet">A new price is for orders from now on: what was ordered keeps the charge of its check.</p>
        <label className="narrow">
          Find
          <input type="search" value={sought} onChange={({ target }) => setSought(target.value)} />
        </label>
        <Loaded of={offers} lines={6}>
          {(list) => {
            const found = list.filter(({ sku, name }) => isFound(`${sku} ${name}`, sought));
            if (list.length === 0) return <Empty>Nothing is on offer: add what you sell below.</Empty>;
            if (found.length === 0) return <Empty>None of the offers read so far fits.</Empty>;
            return found.map((offer) => <OfferForm key={offer.sku} offer={offer} />);
          }}
        </Loaded>
        <More of={offers} what="offers" />
      </Panel>
      <Panel title="New offer">
        <Loaded of={own}>{(registered) => isSeller(registered) && <NewOffer currency={registered.currency} />}</Loaded>
      </Panel>
    </>
  );
}

function isFound(text: string, sought: string): boolean {
  return text.toLocaleLowerCase().includes(sought.trim().toLocaleLowerCase());
}

/** Each offer with the version of the registration that it was read with. */
async function readOffers(filter: { readonly limit: number; readonly cursor?: string }) {
  const { data, error } = await api.GET('/v1/registry/self', { params: { query: filter } });
  if (!data || !isSeller(data)) return { error };
  const { version, commodities, nextCursor } = data;
  return { data: { data: commodities.map((offer): OfferOnRecord => ({ ...offer, version })), nextCursor } };
}
