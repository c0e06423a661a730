import { useStageOrders } from '../data/stage-orders.ts';
import { DESKS } from '../desks.ts';
import { AgentPanel, type AgentWords } from '../registration/agent.tsx';
import { useOwnRegistration } from '../registration/own.ts';
import { Page } from '../shared/page.tsx';
import { Views } from '../shared/views.tsx';
import { AccountView } from './account.tsx';
import { OffersView } from './offers.tsx';
import { OrdersView } from './orders.tsx';
import { PaymentsView } from './payments.tsx';
import './seller.css';

const AGENT_WORDS: AgentWords = {
  auto: 'Orders are accepted by your rules at once.',
  manual: 'You decide on each order here.',
  site: 'Your own server decides on each order.',
};

/** The seller's desk: what waits for its decision first, then what runs, its payments, its account, its offers. */
export default function SellerDesk() {
  const own = useOwnRegistration();
  const waiting = useStageOrders('presented');
  const { title, purpose } = DESKS.seller;
  return (
    <Page title={title} lead={own.data ? own.data.name : purpose}>
      {own.data?.status === 'suspended' && (
        <p role="alert" className="note">
          The check office has suspended your registration: you get no new orders, and what runs waits until it is
          lifted. Your prices and offers are yours to change meanwhile.
        </p>
      )}
      <Views
        views={[
          { key: 'orders', title: 'Orders', waiting, content: <OrdersView /> },
          { key: 'payments', title: 'Payments', content: <PaymentsView /> },
          { key: 'account', title: 'Account', content: <AccountView /> },
          { key: 'offers', title: 'Offers', content: <OffersView /> },
          { key: 'agent', title: 'Who decides', content: <AgentPanel title="Who decides" words={AGENT_WORDS} /> },
        ]}
      />
    </Page>
  );
}
