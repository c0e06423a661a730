import type { Order } from '../../client/index.ts';
import { api } from './api.ts';
import { isWhole } from './orders.ts';
import { usePages, type Pages } from './pages.ts';
import type { Stage } from './stages.ts';

/** So that what is first shown stays light. */
const PAGE = 20;

/** The orders that stand in one stage, as far as they have been read, `limit` (at most 100) at a time; live. */
export function useStageOrders(stage: Stage, limit = PAGE): Pages<Order> {
  const { data, ...pages } = usePages('/v1/orders', { stage, limit }, (filter) =>
    api.GET('/v1/orders', { params: { query: filter } }),
  );
  return { ...pages, data: data?.filter(isWhole) };
}

/** Several lists as one: there once all of them are, and read on together. */
export function together<Item>(...lists: readonly Pages<Item>[]): Pages<Item> {
  const further = lists.flatMap(({ more }) => more ?? []);
  const all = lists.flatMap(({ data }) => data ?? []);
  return {
    data: lists.every(({ data }) => data !== undefined) ? all : undefined,
    error: lists.map(({ error }) => error).find((error) => error !== null) ?? null,
    errorUpdateCount: lists.reduce((sum, { errorUpdateCount }) => sum + errorUpdateCount, 0),
    refetch: () => Promise.all(lists.map((list) => list.refetch())),
    readingMore: lists.some(({ readingMore }) => readingMore),
    ...(further.length > 0 && { more: () => further.forEach((more) => more()) }),
  };
}
