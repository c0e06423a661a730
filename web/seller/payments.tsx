import { useState } from 'react';
import type { Order } from '../../client/index.ts';
import { api, query } from '../data/api.ts';
import { isWhole } from '../data/orders.ts';
import { usePages } from '../data/pages.ts';
import { More } from '../shared/more.tsx';
import { OrderTable } from '../shared/order-table.tsx';
import { Panel } from '../shared/page.tsx';
import { Loaded } from '../shared/states.tsx';
import type { Column } from '../shared/table.tsx';
import { Mark, Money, When } from '../shared/values.tsx';
import { SellerActions } from './actions.tsx';
import { paymentSteps } from './payment-steps.ts';

const COLUMNS: readonly Column<Order>[] = [
  { title: 'Charge', number: true, render: ({ charge }) => <Money of={charge} /> },
  { title: 'Paid on', render: ({ settleOn }) => (settleOn === 'notice' ? 'promise' : 'delivery') },
  { title: 'Check', render: ({ echeck }) => echeck?.status && <Mark word={echeck.status} /> },
  { title: 'Payment', render: ({ payment }) => payment && <Mark word={payment.status} /> },
  { title: 'How it went', render: (order) => <Steps order={order} /> },
];

/** What becomes of the payment of each order: promised, indicated, demanded, settled, given back. */
export function PaymentsView() {
  const orders = usePages('/v1/orders', {}, (filter) => api.GET('/v1/orders', { params: { query: filter } }));
  return (
    <Panel title="Payments">
      <Loaded of={orders} lines={6}>
        {(list) => (
          <OrderTable
            orders={list.filter(isWhole)}
            columns={COLUMNS}
            caption="Payments of orders, the newest first"
            empty="There is no payment yet: each order that you accept brings one."
          />
        )}
      </Loaded>
      <More of={orders} what="payments" />
    </Panel>
  );
}

/** The steps of one payment, read when somebody opens them, and what can be done about it. */
function Steps({ order }: { readonly order: Order }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Steps</summary>
      {open && <StepList order={order} />}
    </details>
  );
}

function StepList({ order }: { readonly order: Order }) {
  const params = { path: { orderId: order.id } };
  const timeline = query.useQuery('get', '/v1/orders/{orderId}/timeline', { params });
  return (
    <Loaded of={timeline}>
      {({ data }) => (
        <>
          <ol className="steps">
            {paymentSteps(data).map(({ id, title, occurredAt }) => (
              <li key={id}>
                {title} <span className="quiet">{occurredAt ? <When at={occurredAt} /> : 'not yet'}</span>
              </li>
            ))}
          </ol>
          <SellerActions order={order} />
        </>
      )}
    </Loaded>
  );
}
