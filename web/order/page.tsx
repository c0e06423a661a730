import { useParams } from 'react-router';
import type { Order } from '../../client/index.ts';
import { ElectronicCheck } from '../check/electronic-check.tsx';
import { useOrder } from '../data/orders.ts';
import { isOfType } from '../data/problems.ts';
import { Page, Panel } from '../shared/page.tsx';
import { Loaded, useFailure } from '../shared/states.tsx';
import { When } from '../shared/values.tsx';
import { CopyButton } from './copy.tsx';
import { Delivery } from './delivery.tsx';
import { Goods } from './goods.tsx';
import { Messages } from './messages.tsx';
import { Money } from './money.tsx';
import { NoSuchOrder } from './no-such-order.tsx';
import { Now } from './now.tsx';
import { Parties } from './parties.tsx';
import { Timeline } from './timeline.tsx';
import './order.css';

/** Everything of one order that whoever is signed in may know, and what they can do with it now. */
export default function OrderPage() {
  const { orderId = '' } = useParams();
  return <OneOrder key={orderId} orderId={orderId} />;
}

function OneOrder({ orderId }: { readonly orderId: string }) {
  const order = useOrder(orderId);
  const failure = useFailure(order);
  if (!order.data && isOfType(failure, 'not-found'))
    return <NoSuchOrder orderId={orderId} look={() => void order.refetch()} />;
  return (
    <Page
      title={`Order ${orderId}`}
      lead={
        <>
          {order.data && (
            <>
              Ordered <When at={order.data.createdAt} />{' '}
            </>
          )}
          <CopyButton text={orderId} what="id" />
        </>
      }
    >
      <Loaded of={order} lines={8}>
        {(shown) => (
          <div className="order-page">
            <Now order={shown} />
            <div className="order-columns">
              <div>
                <Check order={shown} />
                <Goods order={shown} />
                {shown.payment !== null && <Money order={shown} />}
              </div>
              <div>
                <Delivery order={shown} />
                <Parties order={shown} />
              </div>
            </div>
            <Timeline orderId={orderId} />
            <Messages orderId={orderId} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

/** Drawn for those who hold it; for the others what the register says. */
function Check({ order }: { readonly order: Order }) {
  if (!order.echeck) return null;
  if (order.echeck.jws !== undefined)
    return (
      <div className="check-place">
        <ElectronicCheck order={order} />
      </div>
    );
  return (
    <Panel title="Check">
      <ElectronicCheck order={order} />
    </Panel>
  );
}
