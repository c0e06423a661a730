import { keepPreviousData } from '@tanstack/react-query';
import type { Order, paths } from '../../client/index.ts';
import { query } from './api.ts';
import { ENDED_STAGES } from './stages.ts';

export type OrderFilter = NonNullable<paths['/v1/orders']['get']['parameters']['query']>;

/** One order as whoever is signed in may know it; live. */
export function useOrder(orderId: string) {
  return query.useQuery('get', '/v1/orders/{orderId}', { params: { path: { orderId } } });
}

/** A page of orders, the newest first; live. */
export function useOrders(filter: OrderFilter = {}) {
  return query.useQuery('get', '/v1/orders', { params: { query: filter } }, { placeholderData: keepPreviousData });
}

/** Whether the list's item is a whole order: while the database cannot be read, operators see what Temporal knows. */
export function isWhole(order: object): order is Order {
  return 'lines' in order;
}

const ENDED: ReadonlySet<string> = new Set(ENDED_STAGES);

/** Whether its delivery has a date and the goods are not there yet. */
export function isComing({ stage }: { readonly stage: string }): boolean {
  return stage === 'scheduled' || stage === 'in_distribution';
}

/** Whether the order has ended: nothing is done with it any more, but for a refund or a late report. */
export function hasEnded({ stage }: { readonly stage: string }): boolean {
  return ENDED.has(stage);
}
