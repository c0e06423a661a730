import { query } from '../data/api.ts';

/** What happened to an order, as whoever is signed in may know it; live. */
export function useTimeline(orderId: string) {
  return query.useQuery('get', '/v1/orders/{orderId}/timeline', { params: { path: { orderId } } });
}
