import { useQueries } from '@tanstack/react-query';
import type { Order } from '../../client/index.ts';
import { query } from '../data/api.ts';

/**
 * Of which of these orders the payment was indicated: the order itself does not say so while its distributor plans, its timeline does.
 * Read for accepted orders alone; `undefined` where it is not known yet.
 */
export function useIndicated(orders: readonly Order[]): ReadonlyMap<string, boolean> {
  const accepted = orders.filter(({ stage }) => stage === 'accepted');
  const timelines = useQueries({
    queries: accepted.map(({ id }) =>
      query.queryOptions('get', '/v1/orders/{orderId}/timeline', { params: { path: { orderId: id } } }),
    ),
  });
  const known = accepted.flatMap(({ id }, at) => {
    const { data } = timelines[at] ?? {};
    return data ? [[id, data.data.some(({ type }) => type === 'payment_indicated')] as const] : [];
  });
  return new Map(known);
}
