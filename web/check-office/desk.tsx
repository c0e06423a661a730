import { lazy, useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { Page } from '../shared/page.tsx';
import { PartOfPage } from '../shared/part-of-page.tsx';
import { Views } from '../shared/views.tsx';
import { BoardView } from './board/board-view.tsx';
import { useStuckOrders } from './data.ts';
import './office.css';

const FiguresView = lazy(() => import('./figures/figures-view.tsx'));
const AccountsView = lazy(() => import('./accounts/accounts-view.tsx'));
const ChecksView = lazy(() => import('./checks/checks-view.tsx'));
const RegistriesView = lazy(() => import('./registries/registries-view.tsx'));
const WebhooksView = lazy(() => import('./webhooks/webhooks-view.tsx'));
const AccessView = lazy(() => import('./access/access-view.tsx'));
const BooksView = lazy(() => import('./books/books-view.tsx'));

/** The check office's desk: what needs a person first, then everything that it looks after. */
export default function OfficeDesk() {
  const stuck = useStuckOrders();
  const [parameters] = useSearchParams();
  const count = stuck.data?.length ?? 0;
  useEffect(() => {
    const inAll = `${count}${stuck.more ? '+' : ''}`;
    document.title = `${count > 0 ? `(${inAll} stuck) ` : ''}Check office · Countersign`;
  }, [count, stuck.more]);
  return (
    <Page title="Check office">
      <div className="office">
        <PartOfPage at={parameters.get('view') ?? ''} lines={6}>
          <Views
            views={[
              { key: 'board', title: 'Board', waiting: count, content: <BoardView stuck={stuck} /> },
              { key: 'figures', title: 'Figures', content: <FiguresView /> },
              { key: 'accounts', title: 'Accounts', content: <AccountsView /> },
              { key: 'checks', title: 'Checks', content: <ChecksView /> },
              { key: 'registries', title: 'Registries', content: <RegistriesView /> },
              { key: 'webhooks', title: 'Webhooks', content: <WebhooksView /> },
              { key: 'access', title: 'Access', content: <AccessView /> },
              { key: 'books', title: 'Reconciliation', content: <BooksView /> },
            ]}
          />
        </PartOfPage>
      </div>
    </Page>
  );
}
