import type { components } from '../../client/index.ts';
import { useAct } from '../data/act.ts';
import { api, query } from '../data/api.ts';

export type SellerRegistration = components['schemas']['WholeSellerRegistration'];
export type DistributorRegistration = components['schemas']['RegisteredDistributor'];
export type OwnChange = components['schemas']['RegistrationChange'];

/** The registration of whoever is signed in, without its offers but for one. */
export function useOwnRegistration(enabled = true) {
  return query.useQuery('get', '/v1/registry/self', { params: { query: { limit: 1 } } }, { enabled });
}

/** Only sellers have offers. */
export function isSeller(own: SellerRegistration | DistributorRegistration): own is SellerRegistration {
  return 'commodities' in own;
}

/** Changes one's own registration; with the `version` that it rests on, so that nobody's change is lost. */
export function useOwnChange(onDone?: () => void) {
  return useAct((change: OwnChange) => api.PATCH('/v1/registry/self', { body: change }), onDone);
}
