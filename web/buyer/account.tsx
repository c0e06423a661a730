import { Link } from 'react-router';
import { PayoutForm } from '../account/payout.tsx';
import { Statement } from '../account/statement.tsx';
import type { components } from '../../client/index.ts';
import { query } from '../data/api.ts';
import { Panel } from '../shared/page.tsx';
import { Loaded } from '../shared/states.tsx';
import { Mark, Money } from '../shared/values.tsx';
import { Entries } from './entries.tsx';

type Account = components['schemas']['Account'];

/** What the buyer can spend, beside the order form. */
export function AccountPanel() {
  const account = query.useQuery('get', '/v1/account');
  return (
    <Panel title="Account" aside={account.data && <Mark word={account.data.status} />}>
      <Loaded of={account} lines={5}>
        {(shown) => (
          <>
            <Sums of={shown} />
            <Entries atOnce={5} />
            <p>
              <Link to="?view=account">All entries, statement, payouts</Link>
            </p>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

/** All of the account: how it came to be, taking money out, the statement. */
export function AccountView() {
  const account = query.useQuery('get', '/v1/account');
  return (
    <Loaded of={account} lines={8}>
      {(shown) => (
        <>
          <div className="ordering">
            <Panel title="Entries">
              <Entries atOnce={20} hasMore />
            </Panel>
            <div>
              <Panel title="Account" aside={<Mark word={shown.status} />}>
                <Sums of={shown} />
              </Panel>
              <Panel title="Pay out">
                <PayoutForm accountId={shown.id} balance={shown.balance} held={shown.held} status={shown.status} />
              </Panel>
            </div>
          </div>
          <Panel title="Statement">
            <Statement accountId={shown.id} currency={shown.currency} />
          </Panel>
        </>
      )}
    </Loaded>
  );
}

function Sums({ of: { available, balance, held, creditLimit, status } }: { readonly of: Account }) {
  const sums = [
    { what: 'Balance', sum: balance },
    { what: 'Held for checks', sum: held },
    { what: 'Credit line', sum: creditLimit },
  ];
  return (
    <>
      <dl className="account-sums">
        <div className="most">
          <dt>Available</dt>
          <dd>
            <Money of={available} />
          </dd>
        </div>
        {sums.map(({ what, sum }) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              <Money of={sum} />
            </dd>
          </div>
        ))}
      </dl>
      {status !== 'open' && <p>The account is {status}: orders are declined until the check office opens it again.</p>}
    </>
  );
}
