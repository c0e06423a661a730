import { useAct } from '../../data/act.ts';
import { api } from '../../data/api.ts';
import type { Schemas } from '../data.ts';

export type Seller = Schemas['RegisteredSeller'];
export type Distributor = Schemas['RegisteredDistributor'];

/** What a PUT says, and of whom. */
type Registration<Body> = Omit<Body, 'id' | 'commodities' | 'nextCursor'> & { readonly id: string };

/** Writes a seller's registration; its `version` says which one the change rests on. */
export function useSellerPut(onDone?: (seller: Seller) => void) {
  return useAct(
    ({ id, ...body }: Registration<Schemas['SellerRegistration']>) =>
      api.PUT('/v1/registry/sellers/{sellerId}', { params: { path: { sellerId: id } }, body }),
    (seller) => seller && onDone?.(seller),
  );
}

/** Writes a distributor's registration, as above. */
export function useDistributorPut(onDone?: (distributor: Distributor) => void) {
  return useAct(
    ({ id, ...body }: Registration<Schemas['DistributorRegistration']>) =>
      api.PUT('/v1/registry/distributors/{distributorId}', { params: { path: { distributorId: id } }, body }),
    (distributor) => distributor && onDone?.(distributor),
  );
}
