import { useEffect } from 'react';
import { Link } from 'react-router';
import { DESKS } from '../desks.ts';
import type { Role } from '../session/party.ts';
import { useSession } from '../session/session.tsx';
import { Page } from '../shared/page.tsx';

/**
 * A buyer's order that was taken a moment ago may not be on record yet: it is looked for again this often, so many times. The others learn
 * by an event that it is theirs now.
 */
const LOOK_MS = 3_000;
const MOST_LOOKS = 20;

const WHY: Readonly<Record<Role, string>> = {
  buyer:
    'It is not one of your orders. If you have just placed it, it is still being recorded: it will appear here by itself.',
  seller: 'It is not yours, or its check has not been presented to you yet: then it will appear here by itself.',
  distributor: 'It is not yours, or you have not been instructed yet: then it will appear here by itself.',
  operator: 'No order has this id. Compare it with the one that you were given.',
};

/** An order that does not exist for whoever is signed in, and what that may mean. */
export function NoSuchOrder({ orderId, look }: { readonly orderId: string; readonly look: () => void }) {
  const { role, partyId } = useSession();
  useEffect(() => {
    if (role !== 'buyer') return undefined;
    let looks = 0;
    const timer = setInterval(() => {
      looks += 1;
      if (looks >= MOST_LOOKS) clearInterval(timer);
      look();
    }, LOOK_MS);
    return () => clearInterval(timer);
    // Only while this page stands: what it looks for does not change.
    // eslint-disable-next-line react/exhaustive-deps
  }, []);
  return (
    <Page title="There is no such order here">
      <p>
        For {partyId} there is no order{' '}
        <strong>
          <bdi>{orderId}</bdi>
        </strong>
        . {WHY[role]}
      </p>
      <p>
        <Link to={DESKS[role].path}>Go to your desk</Link>, or <Link to="/">sign in as somebody else</Link>.
      </p>
    </Page>
  );
}
