import { Link } from 'react-router';
import type { components } from '../../client/index.ts';
import { api } from '../data/api.ts';
import { usePages } from '../data/pages.ts';
import { formatMoney, formatWord } from '../shared/format.ts';
import { More } from '../shared/more.tsx';
import { Empty, Loaded } from '../shared/states.tsx';
import { Money, When } from '../shared/values.tsx';

type Entry = components['schemas']['Entry'];

/** What has moved on the account, the newest first. */
export function Entries({ atOnce, hasMore = false }: { readonly atOnce: number; readonly hasMore?: boolean }) {
  const entries = usePages('/v1/account/entries', { limit: atOnce }, (page) =>
    api.GET('/v1/account/entries', { params: { query: page } }),
  );
  return (
    <>
      <Loaded of={entries} lines={4}>
        {(list) =>
          list.length === 0 ? (
            <Empty>Nothing has moved yet. The check office books what is paid in.</Empty>
          ) : (
            <ul className="account-entries">
              {list.map((entry) => (
                <EntryLine key={entry.id} entry={entry} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {hasMore && <More of={entries} what="entries" />}
    </>
  );
}

/** A hold moves no money: what it holds, or lets go of, is said in words. */
function EntryLine({ entry: { kind, amount, held, orderId, createdAt } }: { readonly entry: Entry }) {
  return (
    <li>
      <span>
        {orderId === null ? formatWord(kind) : <Link to={`/orders/${orderId}`}>{formatWord(kind)}</Link>}{' '}
        <When at={createdAt} />
        {orderId !== null && <small>{orderId}</small>}
      </span>
      <span className="entry-sums">
        {amount.amount !== 0 && <Money of={amount} />}
        {held.amount !== 0 && (
          <small>
            {held.amount > 0 ? 'held' : 'no longer held'} {formatMoney({ ...held, amount: Math.abs(held.amount) })}
          </small>
        )}
      </span>
    </li>
  );
}
