import { useQuery } from '@tanstack/react-query';
import type { components } from '../../../client/index.ts';
import { api, query } from '../../data/api.ts';
import { everyPage } from '../../data/every-page.ts';

export type Offer = components['schemas']['Commodity'];
export type CountryForm = components['schemas']['CountryForm'];

/* What there is to choose from. The keys begin like those of every other request, so that whatever refreshes those refreshes these. */

export function useSellers() {
  return useQuery({
    queryKey: ['get', '/v1/sellers', 'every'],
    queryFn: () => everyPage((page) => api.GET('/v1/sellers', { params: { query: page } })),
  });
}

export function useDistributors() {
  return useQuery({
    queryKey: ['get', '/v1/distributors', 'every'],
    queryFn: () => everyPage((page) => api.GET('/v1/distributors', { params: { query: page } })),
  });
}

/** What a seller offers, at its charges of this moment. */
export function useOffers(sellerId: string | undefined) {
  return useQuery({
    queryKey: ['get', '/v1/sellers/{sellerId}/commodities', sellerId ?? ''],
    queryFn: () =>
      everyPage((page) =>
        api.GET('/v1/sellers/{sellerId}/commodities', {
          params: { path: { sellerId: sellerId ?? '' }, query: page },
        }),
      ),
    enabled: sellerId !== undefined,
  });
}

/** Every country, with the fields that its addresses have. */
export function useCountries() {
  return query.useQuery('get', '/v1/countries', {}, { staleTime: Infinity, select: ({ data }) => data });
}
