import type { Order } from '../../client/index.ts';
import { KeepFocus } from '../shared/keep-focus.tsx';
import { useSession } from '../session/session.tsx';
import { BuyerActions } from '../buyer/actions.tsx';
import { SellerActions } from '../seller/actions.tsx';
import { DistributorActions } from '../distributor/actions.tsx';
import { OperatorActions } from '../check-office/actions.tsx';

/** What whoever is signed in can do with an order now: the same on its page and in every list. */
export function OrderActions({ order }: { readonly order: Order }) {
  return (
    <KeepFocus>
      <OwnActions order={order} />
    </KeepFocus>
  );
}

function OwnActions({ order }: { readonly order: Order }) {
  const { role } = useSession();
  switch (role) {
    case 'buyer':
      return <BuyerActions order={order} />;
    case 'seller':
      return <SellerActions order={order} />;
    case 'distributor':
      return <DistributorActions order={order} />;
    case 'operator':
      return <OperatorActions order={order} />;
  }
}
