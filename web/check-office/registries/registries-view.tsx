import { useSearchParams } from 'react-router';
import { api } from '../../data/api.ts';
import { usePages } from '../../data/pages.ts';
import { DistributorDetail } from './distributor-detail.tsx';
import { NewDistributorForm } from './new-distributor-form.tsx';
import { NewSellerForm } from './new-seller-form.tsx';
import { Registry } from './registry.tsx';
import { SellerDetail } from './seller-detail.tsx';
import { useDistributorPut, useSellerPut } from './use-put.ts';

/** The registries of sellers and distributors: who may be ordered from, who carries, and by which rules the service acts for them. */
export default function RegistriesView() {
  const [search, setSearch] = useSearchParams();
  const choose = (party: string): void => setSearch({ view: 'registries', party }, { preventScrollReset: true });
  const chosen = search.get('party');
  return (
    <>
      <Sellers chosen={chosen} onChoose={choose} />
      <Distributors chosen={chosen} onChoose={choose} />
    </>
  );
}

interface Choosing {
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

function Sellers({ chosen, onChoose }: Choosing) {
  const sellers = usePages('/v1/registry/sellers', { limit: 20 }, (query) =>
    api.GET('/v1/registry/sellers', { params: { query } }),
  );
  const put = useSellerPut();
  const seller = sellers.data?.find(({ id }) => id === chosen);
  return (
    <Registry
      title="Sellers"
      parties={sellers}
      chosen={chosen}
      onChoose={onChoose}
      put={put}
      about={({ settleOn, paymentDemand }) =>
        `paid ${PAID[settleOn]}${paymentDemand === 'own' ? ', on its own demand' : ''}`
      }
    >
      {seller && <SellerDetail key={seller.id} seller={seller} />}
      <NewSellerForm onRegistered={onChoose} />
    </Registry>
  );
}

const PAID = {
  delivery: 'after the delivery',
  notice: 'at the notice',
  buyer_chooses: 'as each buyer chooses',
} as const;

function Distributors({ chosen, onChoose }: Choosing) {
  const distributors = usePages('/v1/registry/distributors', { limit: 20 }, (query) =>
    api.GET('/v1/registry/distributors', { params: { query } }),
  );
  const put = useDistributorPut();
  const distributor = distributors.data?.find(({ id }) => id === chosen);
  return (
    <Registry
      title="Distributors"
      parties={distributors}
      chosen={chosen}
      onChoose={onChoose}
      put={put}
      about={({ terms: { countries } }) =>
        countries.length > 5 ? `${countries.length} countries` : countries.join(', ')
      }
    >
      {distributor && <DistributorDetail key={distributor.id} distributor={distributor} />}
      <NewDistributorForm onRegistered={onChoose} />
    </Registry>
  );
}
