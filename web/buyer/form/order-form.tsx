import { useEffect, useRef, useState, type RefObject, type SyntheticEvent } from 'react';
import { troubleOf } from '../../data/problems.ts';
import { ActButton } from '../../shared/act-button.tsx';
import { Empty, Loaded, Loading, ProblemAlert } from '../../shared/states.tsx';
import { AddressFields } from './address-fields.tsx';
import { Basket } from './basket.tsx';
import { useCountries, useDistributors, useOffers, useSellers, type CountryForm, type Offer } from './catalogue.ts';
import { countryHere } from './country-here.ts';
import { faultsFrom, linesOf, requestOf, type Faults } from './draft.ts';
import { Offers } from './offers.tsx';
import { Refusal } from './refusal.tsx';
import { TradeFields } from './trade-fields.tsx';
import type { Drafting } from './use-draft.ts';
import { usePlacing } from './use-placing.ts';
import { distributorTo, type Distributor, type Party } from './who-delivers.ts';
import './form.css';

/** The order form. It begins with the first of everything, and with a place where it can be delivered, and keeps what was typed when what there is to choose is read afresh. */
export function OrderForm({ drafting }: { readonly drafting: Drafting }) {
  const [sellers, distributors, countries] = [useSellers(), useDistributors(), useCountries()];
  const failed = [sellers, distributors, countries].find(({ data, error }) => data === undefined && error !== null);
  if (failed) return <ProblemAlert error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!sellers.data || !distributors.data || !countries.data) return <Loading lines={34} />;
  if (sellers.data.length === 0 || distributors.data.length === 0)
    return <Empty>Nobody sells or delivers here yet: the check office registers who does.</Empty>;
  return (
    <Form drafting={drafting} sellers={sellers.data} distributors={distributors.data} countries={countries.data} />
  );
}

interface FormProps {
  readonly drafting: Drafting;
  readonly sellers: readonly Party[];
  readonly distributors: readonly Distributor[];
  readonly countries: readonly CountryForm[];
}

function Form({ drafting, sellers, distributors, countries }: FormProps) {
  const { draft, faults, judgements, judge, change, typeAddress, typeQuantity } = drafting;
  const form = useRef<HTMLFormElement>(null);
  const placing = usePlacing();
  const sellerId = chosen(draft.sellerId, sellers);
  // Once: who registers meanwhile moves nobody's address to another country.
  const [here] = useState(() => countryHere(codesOf(countries), distributors));
  const country = countries.find(({ code }) => code === (draft.country ?? here));
  const distributorId = distributorTo(draft.country ?? here, distributors, draft.distributorId);
  const offers = useOffers(sellerId);
  const quantities = draft.quantities[sellerId] ?? {};
  useFocusOnFault(form, judgements);

  const place = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!offers.data || !country || placing.isPending) return;
    const { request, faults: found } = requestOf(draft, {
      sellerId,
      distributorId,
      offers: offers.data,
      form: country,
    });
    judge(found);
    placing.reset();
    if (found.size > 0) return;
    placing.mutate(request, { onError: (error) => judge(faultsFrom(troubleOf(error).fields, request)) });
  };
  return (
    <form ref={form} noValidate className="order-form" onSubmit={place}>
      <TradeFields
        {...{ sellers, distributors, sellerId, distributorId, faults }}
        country={draft.country ?? here}
        settleOn={draft.settleOn}
        onChange={change}
      />
      <fieldset>
        <legend>Commodities</legend>
        <Loaded of={offers} lines={8}>
          {(list) => (
            <Offers
              key={sellerId}
              offers={list}
              quantities={quantities}
              faults={faults}
              onQuantity={(sku, typed) => typeQuantity(sellerId, sku, typed)}
            />
          )}
        </Loaded>
      </fieldset>
      {country && (
        <AddressFields
          countries={countries}
          form={country}
          typing={{ address: draft.address, faults, onType: typeAddress }}
          onCountry={(code) => change({ country: code })}
        />
      )}
      <Checkout offers={offers.data ?? []} quantities={quantities} faults={faults} placing={placing} />
    </form>
  );
}

function Checkout(props: {
  readonly offers: readonly Offer[];
  readonly quantities: Readonly<Record<string, string>>;
  readonly faults: Faults;
  readonly placing: { readonly isPending: boolean; readonly error: unknown };
}) {
  const { offers, quantities, faults, placing } = props;
  const noLines = faults.get('/lines');
  return (
    <div className="checkout">
      <Basket lines={linesOf(quantities, offers)} />
      {noLines !== undefined && (
        <p role="alert" className="note">
          {noLines}
        </p>
      )}
      <ActButton busy={placing.isPending}>Place order</ActButton>
      {placing.error !== null && <Refusal error={placing.error} />}
    </div>
  );
}

function codesOf(countries: readonly CountryForm[]): string[] {
  return countries.map(({ code }) => code);
}

/** What was chosen, as long as it can be chosen; else the first. */
function chosen(id: string | undefined, list: readonly Party[]): string {
  return list.find((party) => party.id === id)?.id ?? list[0]?.id ?? '';
}

/** Whoever cannot see the fields is led to the first one that is wrong. */
function useFocusOnFault(form: RefObject<HTMLFormElement | null>, judgements: number): void {
  useEffect(() => {
    if (judgements > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [form, judgements]);
}
