import { useEffect } from 'react';
import type { Order } from '../../client/index.ts';
import { api } from '../data/api.ts';
import { hasEnded, isWhole } from '../data/orders.ts';
import { usePages } from '../data/pages.ts';
import { together, useStageOrders } from '../data/stage-orders.ts';
import { useIndicated } from './indicated.ts';

export const FILTERS = ['open', 'ended', 'all'] as const;
export type Filter = (typeof FILTERS)[number];

/** The list is read on by itself until it shows so many of what is asked for, but no further than this. */
const ENOUGH = 6;
const MOST_READ = 400;

/** The buyer's orders, the newest first: those that wait for the buyer now, however old, and of the others those that the filter asks for. */
export function useBuyersOrders(filter: Filter) {
  const pages = usePages('/v1/orders', { limit: 20 }, (page) => api.GET('/v1/orders', { params: { query: page } }));
  const all = (pages.data ?? []).filter(isWhole);
  const [issued, accepted] = [useStageOrders('check_issued'), useStageOrders('accepted')];
  const indicated = useIndicated(accepted.data ?? []);
  const waiting = [
    ...(issued.data ?? []),
    ...(accepted.data ?? []).filter(({ id }) => indicated.get(id) === false),
  ].toSorted((one, other) => Date.parse(other.createdAt) - Date.parse(one.createdAt));
  const waits = ({ id }: Order): boolean => waiting.some((one) => one.id === id);
  const fits = (order: Order): boolean => filter === 'all' || hasEnded(order) === (filter === 'ended');
  const others = all.filter((order) => !waits(order) && fits(order));
  const { more, readingMore } = pages;
  const mustReadOn = others.length < ENOUGH && all.length < MOST_READ && !readingMore;
  useEffect(() => {
    if (mustReadOn) more?.();
  }, [mustReadOn, more]);
  return { pages, waiting, moreWaiting: together(issued, accepted), others };
}
