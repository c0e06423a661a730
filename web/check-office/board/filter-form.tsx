import type { SubmitEvent } from 'react';
import { textsOf } from '../forms.ts';
import { filterIn, type BoardFilter } from './filter.ts';

/** Narrows the list by parties and days; it keeps what was typed until it is sent. */
export function FilterForm(props: { readonly filter: BoardFilter; readonly onFilter: (filter: BoardFilter) => void }) {
  const { filter, onFilter } = props;
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onFilter({ stage: filter.stage, ...filterIn(new URLSearchParams(textsOf(event.currentTarget))) });
  };
  return (
    <details className="filter">
      <summary>Filter by party or day</summary>
      <form className="actions" onSubmit={submit}>
        <label>
          Buyer
          <input name="buyerId" defaultValue={filter.buyerId} placeholder="buyer-…" />
        </label>
        <label>
          Seller
          <input name="sellerId" defaultValue={filter.sellerId} placeholder="seller-…" />
        </label>
        <label>
          Distributor
          <input name="distributorId" defaultValue={filter.distributorId} placeholder="distributor-…" />
        </label>
        <label>
          From
          <input name="from" type="date" defaultValue={filter.from} />
        </label>
        <label>
          To
          <input name="to" type="date" defaultValue={filter.to} />
        </label>
        <button type="submit">Filter</button>
      </form>
    </details>
  );
}
