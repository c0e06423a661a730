/** How soon what was read is read afresh when an order moves; `undefined`: it does not depend on it. */
export type Pace = 'quick' | 'slow' | undefined;

/** What changes when any order moves. Catalogues, countries and registrations do not. */
const QUICK = ['/v1/orders', '/v1/account', '/v1/echecks', '/v1/waiting', '/v1/webhooks'];
/** Sums over very many orders. */
const SLOW = ['/v1/statistics'];

/**
 * Whether what was read under that key (`[method, path, init]`) may be different after these orders have moved: a path of one order
 * concerns that order alone.
 */
export function movedBy([, path, init]: readonly unknown[], orderIds: Pick<ReadonlySet<string>, 'has'>): Pace {
  if (typeof path !== 'string') return undefined;
  const { params } = Object(init) as { params?: { path?: { orderId?: string } } };
  const orderId = params?.path?.orderId;
  if (orderId !== undefined) return orderIds.has(orderId) ? 'quick' : undefined;
  if (QUICK.some((one) => path.startsWith(one))) return 'quick';
  return SLOW.some((one) => path.startsWith(one)) ? 'slow' : undefined;
}
