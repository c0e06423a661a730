import type { Order } from '../../client/index.ts';
import { isSeller, useOwnRegistration } from '../registration/own.ts';
import { isDue, sellersActs } from './acts.ts';
import { Decision } from './decision.tsx';
import { DemandPayment } from './demand.tsx';
import { Refund } from './refund.tsx';
import './actions.css';

/** What a seller can do with an order now, on its page and in lists. */
export function SellerActions({ order }: { readonly order: Order }) {
  // Who demands the payment matters only while one is due.
  const own = useOwnRegistration(isDue(order));
  const paymentDemand = own.data && isSeller(own.data) ? own.data.paymentDemand : 'auto';
  const acts = sellersActs(order, paymentDemand);
  return (
    <>
      {acts.decide && <Decision order={order} />}
      {acts.demandPayment && <DemandPayment order={order} />}
      {acts.refund && <Refund order={order} />}
    </>
  );
}
