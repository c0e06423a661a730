import type { Order } from '../../client/index.ts';
import { Address } from '../shared/address.tsx';
import { Age, Mark } from '../shared/values.tsx';
import { isOverdue } from './agenda.ts';
import { formatWeight, weightOf } from './goods.ts';
import { formatIn } from './local-time.ts';
import { useOwnZone } from './own-terms.ts';

/** What is to be carried, what it weighs, where to and when. */
export function Instruction({ order }: { readonly order: Order }) {
  const { lines, deliverTo, attention, sellerId } = order;
  return (
    <div className="instruction">
      <Planned order={order} />
      <div>
        <div>
          <ul>
            {lines.map(({ sku, quantity, name = sku }) => (
              <li key={sku}>
                {quantity} × {name}
              </li>
            ))}
          </ul>
          <p>
            <strong>{formatWeight(weightOf(lines))}</strong> <span className="quiet">from {sellerId}</span>
          </p>
        </div>
        <Address of={deliverTo} />
      </div>
      {attention && (
        <p className="quiet">
          The check office looks after this order, <Age since={attention.since} />.
        </p>
      )}
    </div>
  );
}

/** When the goods are to be there, by the distributor's own clock, and whether that is over. */
export function Planned({ order }: { readonly order: Order }) {
  const timeZone = useOwnZone();
  const { distribution } = order;
  if (!distribution?.deliverAt || timeZone === undefined) return null;
  return (
    <p className="planned">
      <time dateTime={distribution.deliverAt}>{formatIn(distribution.deliverAt, timeZone)}</time>{' '}
      {isOverdue(order) ? <Mark word="bad" of="overdue" /> : null}
      {distribution.status !== 'scheduled' && distribution.status !== order.stage && (
        <Mark word={distribution.status} />
      )}
    </p>
  );
}
