import { useStageOrders } from '../data/stage-orders.ts';
import { DESKS } from '../desks.ts';
import { AgentPanel, type AgentWords } from '../registration/agent.tsx';
import { useOwnRegistration } from '../registration/own.ts';
import { Page } from '../shared/page.tsx';
import { Views } from '../shared/views.tsx';
import { CalendarView } from './calendar.tsx';
import { DeliveriesView } from './deliveries.tsx';
import { TermsView } from './terms.tsx';
import './distributor.css';

const AGENT_WORDS: AgentWords = {
  auto: 'Dates are fixed by your terms at once.',
  manual: 'You fix each date here.',
  site: 'Your own server fixes each date.',
};

/** The distributor's desk: what waits for a date first, then what is to be carried, its calendar, its terms. No prices anywhere. */
export default function DistributorDesk() {
  const own = useOwnRegistration();
  const waiting = useStageOrders('accepted');
  const { title, purpose } = DESKS.distributor;
  return (
    <Page title={title} lead={own.data ? own.data.name : purpose}>
      {own.data?.status === 'suspended' && (
        <p role="alert" className="note">
          The check office has suspended your registration: you are not instructed, and fix no date, until it is lifted.
          What is on its way goes on: report it.
        </p>
      )}
      <Views
        views={[
          { key: 'deliveries', title: 'Deliveries', waiting, content: <DeliveriesView /> },
          { key: 'calendar', title: 'Calendar', content: <CalendarView /> },
          { key: 'terms', title: 'Terms', content: <TermsView /> },
          { key: 'agent', title: 'Who plans', content: <AgentPanel title="Who plans" words={AGENT_WORDS} /> },
        ]}
      />
    </Page>
  );
}
