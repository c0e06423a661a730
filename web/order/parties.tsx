import type { Order } from '../../client/index.ts';
import { query } from '../data/api.ts';
import { useSession } from '../session/session.tsx';
import { Panel } from '../shared/page.tsx';

/** Who takes part in the order. */
export function Parties({ order: { buyerId, sellerId, distributorId } }: { readonly order: Order }) {
  const sellers = query.useQuery('get', '/v1/sellers', ALL);
  const distributors = query.useQuery('get', '/v1/distributors', ALL);
  return (
    <Panel title="Parties">
      <dl className="facts-list">
        <dt>Buyer</dt>
        <Party id={buyerId} />
        <dt>Seller</dt>
        <Party id={sellerId} name={nameIn(sellers.data?.data, sellerId)} />
        <dt>Distributor</dt>
        <Party id={distributorId} name={nameIn(distributors.data?.data, distributorId)} />
      </dl>
    </Panel>
  );
}

/** Names of registered parties; one beyond this page shows by its id alone. */
const ALL = { params: { query: { limit: 1000 } } } as const;

function nameIn(parties: readonly { readonly id: string; readonly name: string }[] | undefined, id: string) {
  return parties?.find((party) => party.id === id)?.name;
}

function Party({ id, name }: { readonly id: string; readonly name?: string }) {
  const { partyId } = useSession();
  return (
    <dd>
      {name !== undefined && <>{name} </>}
      <code>{id}</code>
      {id === partyId && ' (you)'}
    </dd>
  );
}
