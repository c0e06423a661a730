import { useState } from 'react';
import type { Order } from '../../client/index.ts';
import { ElectronicCheck } from '../check/electronic-check.tsx';
import { Address } from '../shared/address.tsx';
import { Money, When } from '../shared/values.tsx';

/** What is ordered, where it goes, and the check that pays for it. */
export function Consignment({ order }: { readonly order: Order }) {
  const { lines, deliverTo, echeck, buyerId, settleOn } = order;
  return (
    <div className="consignment">
      <ul>
        {lines.map(({ sku, quantity, name = sku, total }) => (
          <li key={sku}>
            {quantity} × {name} <Money of={total} />
          </li>
        ))}
      </ul>
      <div>
        <Address of={deliverTo} />
        <p className="quiet">
          From {buyerId}, paid on {settleOn === 'notice' ? 'your promise' : 'delivery'}
          {echeck?.expiresAt !== undefined && (
            <>
              {' '}
              by {echeck.number}, good until <When at={echeck.expiresAt} />
            </>
          )}
        </p>
      </div>
      {echeck?.jws !== undefined && <TheCheck order={order} />}
    </div>
  );
}

/** The check as it was presented: drawn, and verified in this browser, when somebody opens it. */
function TheCheck({ order }: { readonly order: Order }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Look at the check</summary>
      {open && <ElectronicCheck order={order} />}
    </details>
  );
}
