import type { OrderFilter } from '../../data/orders.ts';
import { momentOf } from '../days.ts';

/** What the board's list is narrowed to, as its address has it. */
export interface BoardFilter {
  readonly stage?: string;
  readonly buyerId?: string;
  readonly sellerId?: string;
  readonly distributorId?: string;
  /** Days of the browser's calendar, `2026-11-29`: the first and the last one that count. */
  readonly from?: string;
  readonly to?: string;
  /** The party that orders wait for: then the list has those. */
  readonly waitingFor?: string;
}

const NAMES = ['stage', 'buyerId', 'sellerId', 'distributorId', 'from', 'to', 'waitingFor'] as const;

/** Reads the filter of an address. */
export function filterIn(search: URLSearchParams): BoardFilter {
  const given = NAMES.map((name) => [name, search.get(name)?.trim() ?? ''] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}

/** The address's part for a filter; what is empty is left out. */
export function searchFor(filter: BoardFilter): Record<string, string> {
  return Object.fromEntries(NAMES.flatMap((name) => (filter[name] ? [[name, filter[name]]] : [])));
}

/** The filter as the API takes it: days become moments, the last one included. */
export function orderFilter({ stage, buyerId, sellerId, distributorId, from, to }: BoardFilter): OrderFilter {
  const after = from && momentOf(from);
  const before = to && momentOf(to, 1);
  return {
    limit: 20,
    ...(stage && { stage: stage as NonNullable<OrderFilter['stage']> }),
    ...(buyerId && { buyerId }),
    ...(sellerId && { sellerId }),
    ...(distributorId && { distributorId }),
    // The API's bound is exclusive.
    ...(after && { createdAfter: new Date(Date.parse(after) - 1).toISOString() }),
    ...(before && { createdBefore: before }),
  };
}
