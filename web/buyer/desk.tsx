import { useState } from 'react';
import { Page, Panel } from '../shared/page.tsx';
import { ReadTogether } from '../shared/states.tsx';
import { Views } from '../shared/views.tsx';
import { AccountPanel, AccountView } from './account.tsx';
import { OrderForm } from './form/order-form.tsx';
import { useDraft, type Drafting } from './form/use-draft.ts';
import { OtherOrders, WaitingOrders } from './orders.tsx';
import { TerminalLine } from './terminal-line.tsx';
import { useBuyersOrders, type Filter } from './use-orders.ts';
import './desk.css';

export default function BuyerDesk() {
  // Kept here, so that a look at the account loses nothing of it.
  const drafting = useDraft();
  return (
    <Page title="Buyer's desk">
      <Views
        views={[
          { key: 'orders', title: 'Order', content: <Ordering drafting={drafting} /> },
          { key: 'account', title: 'Account', content: <AccountView /> },
        ]}
      />
    </Page>
  );
}

/** What waits for the buyer, then ordering with the account beside it, then all other orders. */
function Ordering({ drafting }: { readonly drafting: Drafting }) {
  const [filter, setFilter] = useState<Filter>('open');
  const { pages, waiting, moreWaiting, others } = useBuyersOrders(filter);
  return (
    <ReadTogether of={[pages, moreWaiting]}>
      <WaitingOrders orders={waiting} pages={moreWaiting} />
      <div className="ordering">
        <Panel title="New order">
          <OrderForm drafting={drafting} />
          <TerminalLine />
        </Panel>
        <AccountPanel />
      </div>
      <OtherOrders pages={pages} orders={others} filter={filter} onFilter={setFilter} />
    </ReadTogether>
  );
}
