import type { Order } from '../../client/index.ts';
import { isComing } from '../data/orders.ts';
import { dayOf } from './local-time.ts';

/** What is planned for one day, the earliest first. */
export interface AgendaDay {
  /** By the distributor's calendar: `2026-11-30`. */
  readonly day: string;
  readonly orders: readonly Order[];
}

/** Planned deliveries that are still to be made, day by day of the distributor's own calendar. */
export function agendaOf(orders: readonly Order[], timeZone: string): readonly AgendaDay[] {
  const dated = orders.flatMap((order) => {
    const deliverAt = order.distribution?.deliverAt;
    return deliverAt ? [{ order, deliverAt }] : [];
  });
  const days = Map.groupBy(
    dated.toSorted((a, b) => a.deliverAt.localeCompare(b.deliverAt)),
    ({ deliverAt }) => dayOf(deliverAt, timeZone),
  );
  return [...days].map(([day, list]) => ({ day, orders: list.map(({ order }) => order) }));
}

/** Whether the planned time is over and the goods are not there. */
export function isOverdue(order: Pick<Order, 'distribution' | 'stage'>, now = Date.now()): boolean {
  const deliverAt = order.distribution?.deliverAt;
  return isComing(order) && deliverAt != null && Date.parse(deliverAt) < now;
}

/** One day of the week that begins today: what is planned for it, and whether the terms have service then. */
export interface WeekDay extends AgendaDay {
  readonly isServed: boolean;
}

/** The seven days from today on, also those without a delivery. */
export function weekOf(days: readonly AgendaDay[], today: string, weekdays: readonly number[]): readonly WeekDay[] {
  const first = Date.parse(`${today}T12:00:00Z`);
  return Array.from({ length: 7 }, (_, later) => {
    const noon = new Date(first + later * 24 * 60 * 60 * 1000);
    const day = noon.toISOString().slice(0, 10);
    // ISO counts from Monday, and calls Sunday 7.
    const isServed = weekdays.includes(noon.getUTCDay() || 7);
    return { day, isServed, orders: days.find((one) => one.day === day)?.orders ?? [] };
  });
}
