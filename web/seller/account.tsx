import { query } from '../data/api.ts';
import { Panel } from '../shared/page.tsx';
import { Loaded } from '../shared/states.tsx';
import { Mark, Money } from '../shared/values.tsx';
import { PayoutForm } from '../account/payout.tsx';
import { Statement } from '../account/statement.tsx';

/** What the seller has, taking it out, and how it came to be. */
export function AccountView() {
  const account = query.useQuery('get', '/v1/account');
  return (
    <Loaded of={account}>
      {({ id, balance, held, available, status, currency }) => (
        <>
          <Panel title="Balance" aside={<Mark word={status} />}>
            <dl className="sums">
              <div>
                <dt>Balance</dt>
                <dd>
                  <Money of={balance} />
                </dd>
              </div>
              <div>
                <dt>Held</dt>
                <dd>
                  <Money of={held} />
                </dd>
              </div>
              <div>
                <dt>Available</dt>
                <dd>
                  <Money of={available} />
                </dd>
              </div>
            </dl>
          </Panel>
          <Panel title="Pay out">
            <PayoutForm accountId={id} balance={balance} held={held} status={status} />
          </Panel>
          <Panel title="Statement">
            <Statement accountId={id} currency={currency} />
          </Panel>
        </>
      )}
    </Loaded>
  );
}
