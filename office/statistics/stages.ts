import type { EntityManager } from '@mikro-orm/postgresql';
import { OPEN_STAGES, type Stage } from '../../domain/order.ts';
import type { EventType } from '../../domain/timeline.ts';
import { bounds, type Period } from './period.ts';

/** How long orders were at a stage, of those that left it in the period. */
export interface StageTimes {
  readonly stage: Stage;
  /** How many left it. */
  readonly count: number;
  readonly p50Seconds: number;
  readonly p95Seconds: number;
}

/** The event with which an order enters each stage. */
const ENTERED_BY: Readonly<Record<Stage, EventType>> = {
  requested: 'order_requested',
  check_issued: 'check_issued',
  presented: 'check_presented',
  accepted: 'distribution_promised',
  scheduled: 'dispatch_scheduled',
  in_distribution: 'distribution_reported',
  delivered: 'distribution_completed',
  completed: 'order_completed',
  declined: 'order_declined',
  rejected: 'order_rejected',
  expired: 'order_expired',
  cancelled: 'order_cancelled',
  refunded: 'order_refunded',
};

const STAGE_OF = JSON.stringify(Object.fromEntries(Object.entries(ENTERED_BY).map(([stage, type]) => [type, stage])));
const TYPES = `{${Object.values(ENTERED_BY).join(',')}}`;

/** Of several dates and reports of an order the first one counts, and the report of its delivery itself is the next stage's. */
const ENTERS = `type = any(?::text[]) and (type <> 'distribution_reported' or body ->> 'kind' not in ('delivered', 'lost'))`;

/** So many moves are enough for a percentile, and bound what a busy period costs. */
const MOST_MOVES = 50_000;

/**
 * Raw: percentiles over the gaps between an order's own events. The moves are read from the newest on, by their ids; only of orders
 * that had begun before these are the former ones looked up, each order by itself, for which the lateral join stands.
 */
const TIMES = `
  with moves as (
    select order_id, type, id, occurred_at from order_events
    where occurred_at >= ?::timestamptz and occurred_at < ?::timestamptz and ${ENTERS}
    order by id desc limit ${MOST_MOVES}
  ), within as (
    select order_id, type, min(id) as id, min(occurred_at) as at, true as counts from moves group by order_id, type
  ), begun_before as (
    select order_id, min(id) as first from within group by order_id having not bool_or(type = 'order_requested')
  ), entered as (
    select order_id, type, min(id) as id, min(at) as at, bool_and(counts) as counts
    from (
      select * from within
      union all
      select b.order_id, former.*, false from begun_before b cross join lateral (
        select type, min(id) as id, min(occurred_at) as at from order_events
        where order_id = b.order_id and id < b.first and ${ENTERS}
        group by type) former
    ) events
    group by order_id, type
  ), stays as (
    select ?::jsonb ->> type as stage, lead(counts) over its_events as counts,
      greatest(extract(epoch from lead(at) over its_events - at), 0)::float8 as seconds
    from entered window its_events as (partition by order_id order by id)
  )
  select stage, count(*)::int as count, percentile_cont(array[0.5, 0.95]) within group (order by seconds) as quantiles
  from stays
  where counts and stage = any(?::text[])
  group by stage`;

/**
 * The median and the 95th percentile of the time that orders were at each stage, from the event that brought them there to the
 * event that took them on, for those that left it in the period: of a busy one for its latest 50,000 moves. Reports count with the
 * time that their distributor gave. A stage that nobody left is not in the list.
 */
export async function stageTimes(em: EntityManager, period: Period): Promise<StageTimes[]> {
  const { from, to } = bounds(period);
  const rows = await em.execute<{ stage: Stage; count: number; quantiles: number[] }[]>(TIMES, [
    from,
    to,
    TYPES,
    TYPES,
    STAGE_OF,
    `{${OPEN_STAGES.join(',')}}`,
  ]);
  const found = new Map(rows.map((row) => [row.stage, row]));
  return OPEN_STAGES.flatMap((stage) => {
    const row = found.get(stage);
    if (!row) return [];
    const [p50Seconds = 0, p95Seconds = 0] = row.quantiles;
    return [{ stage, count: row.count, p50Seconds, p95Seconds }];
  });
}
