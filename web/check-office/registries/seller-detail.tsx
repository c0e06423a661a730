import type { SubmitEvent } from 'react';
import { query } from '../../data/api.ts';
import { useDraft } from '../../registration/draft.ts';
import { SaveDraft } from '../../registration/save-draft.tsx';
import { Empty, Loaded } from '../../shared/states.tsx';
import { Table, type Column } from '../../shared/table.tsx';
import { Money } from '../../shared/values.tsx';
import { formatWeight } from '../../shared/format.ts';
import { Choice } from '../choice.tsx';
import type { Schemas } from '../data.ts';
import { AgentFields } from './agent-fields.tsx';
import { useSellerPut, type Seller } from './use-put.ts';

/** A seller's registration to change, and what it offers now. It changes its offers itself, at its desk. */
export function SellerDetail({ seller }: { readonly seller: Seller }) {
  return (
    <section aria-label={`Seller ${seller.id}`} className="detail">
      <h3>{seller.id}</h3>
      <SellerForm seller={seller} />
      <Offers sellerId={seller.id} />
    </section>
  );
}

function SellerForm({ seller }: { readonly seller: Seller }) {
  const { id, status, version, ...registered } = seller;
  const draft = useDraft(registered);
  const put = useSellerPut(draft.drop);
  const { name, agent, site, settleOn, paymentDemand, feeBasisPoints } = draft.value;
  const change = (part: Partial<typeof registered>): void => draft.set({ ...draft.value, ...part });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    put.mutate({ ...draft.value, id, status, version });
  };
  return (
    <form onSubmit={submit}>
      <AgentFields value={{ name, agent, site }} onChange={change} />
      <div className="actions">
        <Choice
          label="Is paid on"
          value={settleOn}
          options={['delivery', 'notice', 'buyer_chooses']}
          onChange={(chosen) => change({ settleOn: chosen })}
        />
        <Choice
          label="Payment demand"
          value={paymentDemand}
          options={['auto', 'own']}
          onChange={(chosen) => change({ paymentDemand: chosen })}
        />
        <label>
          Fee in hundredths of a per cent
          <input
            type="number"
            min={0}
            max={10_000}
            required
            value={feeBasisPoints}
            onChange={({ target }) => change({ feeBasisPoints: target.valueAsNumber || 0 })}
          />
        </label>
      </div>
      <SaveDraft draft={draft} put={put} />
    </form>
  );
}

function Offers({ sellerId }: { readonly sellerId: string }) {
  const path = { sellerId };
  const registration = query.useQuery('get', '/v1/registry/sellers/{sellerId}', {
    params: { path, query: { limit: 100 } },
  });
  return (
    <>
      <h4>Offers</h4>
      <Loaded of={registration}>
        {({ commodities, nextCursor }) => (
          <>
            {commodities.length === 0 ? (
              <Empty>It offers nothing yet. A seller sets its offers at its own desk.</Empty>
            ) : (
              <Table label="Offers" rows={commodities} keyOf={({ sku }) => sku} columns={COLUMNS} />
            )}
            {nextCursor !== null && <p className="facts">The first hundred of them, by SKU.</p>}
          </>
        )}
      </Loaded>
    </>
  );
}

const COLUMNS: readonly Column<Schemas['Offer']>[] = [
  { title: 'SKU', render: ({ sku }) => <code>{sku}</code> },
  { title: 'Name', render: ({ name }) => name },
  { title: 'Price', number: true, render: ({ price }) => <Money of={price} /> },
  { title: 'Weight', number: true, render: ({ weightGrams }) => formatWeight(weightGrams) },
  {
    title: 'Handling',
    number: true,
    render: ({ handlingHours }) => handlingHours !== undefined && `${handlingHours} h`,
  },
];
