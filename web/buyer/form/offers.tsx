import { useId, useState } from 'react';
import { Empty } from '../../shared/states.tsx';
import { Money } from '../../shared/values.tsx';
import type { Offer } from './catalogue.ts';
import type { Faults } from './draft.ts';

/** With more than so many offers there is a field to search them. */
const SEARCHED_FROM = 12;
/** So many are drawn at once: a seller may have thousands. */
const MOST_SHOWN = 100;

/** What the seller offers at its charges of this moment, and how many of each. */
export function Offers(props: {
  readonly offers: readonly Offer[];
  readonly quantities: Readonly<Record<string, string>>;
  readonly faults: Faults;
  readonly onQuantity: (sku: string, typed: string) => void;
}) {
  const { offers, quantities, faults, onQuantity } = props;
  const [search, setSearch] = useState('');
  const names = Map.groupBy(offers, ({ name }) => name);
  const found = offers.filter(({ name, sku }) => `${name} ${sku}`.toLowerCase().includes(search.trim().toLowerCase()));
  const shown = found.slice(0, MOST_SHOWN);
  if (offers.length === 0) return <Empty>This seller offers nothing at the moment.</Empty>;
  return (
    <>
      {offers.length > SEARCHED_FROM && (
        <label>
          Find
          <input type="search" value={search} onChange={({ target }) => setSearch(target.value)} />
        </label>
      )}
      <ul className="offers">
        {shown.map((offer) => (
          <OfferRow
            key={offer.sku}
            offer={offer}
            isAlone={names.get(offer.name)?.length === 1}
            typed={quantities[offer.sku] ?? '0'}
            fault={faults.get(`/quantities/${offer.sku}`)}
            onType={(typed) => onQuantity(offer.sku, typed)}
          />
        ))}
      </ul>
      {found.length > shown.length && <p className="hint">{found.length - shown.length} more: search for them.</p>}
      {found.length === 0 && <Empty>No offer has that in its name.</Empty>}
    </>
  );
}

function OfferRow(props: {
  readonly offer: Offer;
  /** Whether no other offer has its name. */
  readonly isAlone: boolean;
  readonly typed: string;
  readonly fault: string | undefined;
  readonly onType: (typed: string) => void;
}) {
  const { offer, isAlone, typed, fault, onType } = props;
  const { sku, name, price } = offer;
  const id = useId();
  return (
    <li className={Number(typed) > 0 ? 'chosen' : undefined}>
      <span className="offer-name">
        {name} <small>{sku}</small>
      </span>
      <Money of={price} />
      <input
        type="number"
        min={0}
        step={1}
        inputMode="numeric"
        aria-label={`Quantity of ${name}${isAlone ? '' : ` (${sku})`}`}
        value={typed}
        {...(fault !== undefined && { 'aria-invalid': true, 'aria-describedby': id })}
        onFocus={({ target }) => target.select()}
        onChange={({ target }) => onType(target.value)}
      />
      {fault !== undefined && (
        <small id={id} className="fault">
          The quantity {fault}
        </small>
      )}
    </li>
  );
}
