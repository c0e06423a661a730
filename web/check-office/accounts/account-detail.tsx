import { query } from '../../data/api.ts';
import { Panel } from '../../shared/page.tsx';
import { Loaded } from '../../shared/states.tsx';
import { Mark, Money } from '../../shared/values.tsx';
import type { Schemas } from '../data.ts';
import { AccountChanges } from './account-changes.tsx';
import { MoneyMoves } from './money-moves.tsx';
import { Statement } from '../../account/statement.tsx';

/** One account: its sums, what can be done with it, and its statement. */
export function AccountDetail({ accountId }: { readonly accountId: string }) {
  const account = query.useQuery('get', '/v1/accounts/{accountId}', { params: { path: { accountId } } });
  return (
    <Panel title={`Account ${accountId}`}>
      <Loaded of={account} lines={5}>
        {(shown) => (
          <>
            <Sums of={shown} />
            <AccountChanges account={shown} />
            <MoneyMoves account={shown} />
            <h3>Statement</h3>
            <Statement accountId={accountId} currency={shown.currency} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Sums({ of: { status, balance, held, creditLimit, available } }: { readonly of: Schemas['Account'] }) {
  const sums = { Available: available, Balance: balance, Held: held, 'Credit line': creditLimit };
  return (
    <dl className="sums">
      <div>
        <dt>Status</dt>
        <dd>
          <Mark word={status} />
        </dd>
      </div>
      {Object.entries(sums).map(([name, sum]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Money of={sum} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
