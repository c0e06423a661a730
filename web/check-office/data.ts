import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { components } from '../../client/index.ts';
import { api, query } from '../data/api.ts';
import { usePages } from '../data/pages.ts';

export type Schemas = components['schemas'];
/** A stuck order: the whole order, or what Temporal alone knows while the database cannot be read. */
export type StuckOrder = Schemas['OrderPage']['data'][number];

/** Visibility and the state of workflows change without an event: what shows them is read again this often. */
export const LOOK_EVERY_MS = 10_000;

/** Orders that need a person, the longest stuck first. */
export function useStuckOrders() {
  return usePages(
    '/v1/orders',
    { attention: 'true', limit: 20 } as const,
    (filter) => api.GET('/v1/orders', { params: { query: filter } }),
    { refetchInterval: LOOK_EVERY_MS },
  );
}

/**
 * What keeps orders from going on, as readiness has it. Not through the API's client, for which an answer that says that something is
 * not there would be no answer.
 */
export function useTroubles() {
  return useQuery({
    queryKey: ['get', '/health/ready'],
    queryFn: async ({ signal }) => {
      const answer = await fetch('/health/ready', { signal });
      const { checks, troubles } = (await answer.json()) as Schemas['Readiness'];
      const missing = checks.filter(({ ok, detail }) => !ok && !troubles.some((trouble) => detail.includes(trouble)));
      return [...missing.map(({ name, detail }) => `${name}: ${detail}`), ...troubles];
    },
    refetchInterval: LOOK_EVERY_MS,
  });
}

/** What is wrong with an order, who must act, and what would help; read `again` and again while that can change by itself. */
export function useDiagnosis(orderId: string, { again }: { readonly again: boolean }) {
  return query.useQuery(
    'get',
    '/v1/orders/{orderId}/diagnosis',
    { params: { path: { orderId } } },
    { refetchInterval: again && LOOK_EVERY_MS },
  );
}

/** Over how long figures are shown, in milliseconds. */
export const RANGES = {
  hour: 3_600_000,
  '24 hours': 86_400_000,
  '7 days': 7 * 86_400_000,
  '30 days': 30 * 86_400_000,
} as const;
export type Range = keyof typeof RANGES;

const MINUTE_MS = 60_000;

/** The figures of the time up to now. Of the present they have counts, whatever the range. */
export function useStatistics(range: Range) {
  return useQuery({
    queryKey: ['get', '/v1/statistics', { range }],
    queryFn: async () => {
      const from = new Date(Date.now() - RANGES[range]).toISOString();
      const { data, error } = await api.GET('/v1/statistics', { params: { query: { from } } });
      if (!data) throw error;
      return data;
    },
    refetchInterval: MINUTE_MS,
    placeholderData: keepPreviousData,
  });
}

export const CURRENCIES: readonly Schemas['Currency'][] = ['EUR', 'USD', 'GBP', 'CHF', 'JPY', 'KWD'];
export const ROLES: readonly Schemas['NewApiKey']['role'][] = ['buyer', 'seller', 'distributor', 'operator'];
