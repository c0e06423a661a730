import { query } from '../../data/api.ts';
import { formatMoney } from '../../shared/format.ts';
import { Money } from '../../shared/values.tsx';
import { sumsOf, type BasketLine } from './draft.ts';

/** What is about to be ordered, line by line, and what it comes to. */
export function Basket({ lines }: { readonly lines: readonly BasketLine[] }) {
  const sums = sumsOf(lines);
  const { data: account } = query.useQuery('get', '/v1/account');
  const available = account?.available;
  const isTooMuch = sums.some(({ amount, currency }) => currency === available?.currency && amount > available.amount);
  return (
    <div className="basket" aria-live="polite">
      {lines.length === 0 ? (
        <p className="empty">The basket is empty: enter a quantity.</p>
      ) : (
        <ul>
          {lines.map(({ sku, name, quantity, total }) => (
            <li key={sku}>
              <span>
                {quantity} × {name}
              </span>
              <Money of={total} />
            </li>
          ))}
        </ul>
      )}
      <p className="sum">
        <span>To pay</span>
        {sums.map((sum) => (
          <Money key={sum.currency} of={sum} />
        ))}
      </p>
      {isTooMuch && available && (
        <p className="hint">Your account has {formatMoney(available)} available: the check office will decline more.</p>
      )}
    </div>
  );
}
