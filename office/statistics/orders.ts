import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { STAGES, type Stage } from '../../domain/order.ts';
import { kyselyOf } from '../../entities/database.ts';
import { waitingRows, whatFor } from '../attention/index.ts';
import { bounds, bucketsOf, byBucket, type Period } from './period.ts';

/** How many orders stand at each stage now, however old they are. By the index on stages. */
export async function countByStage(em: EntityManager): Promise<Record<Stage, number>> {
  const rows = await kyselyOf(em)
    .selectFrom('Order')
    .select(['stage', sql<number>`count(*)::int`.as('count')])
    .groupBy('stage')
    .execute();
  const counts = new Map(rows.map(({ stage, count }) => [stage, count]));
  return Object.fromEntries(STAGES.map((stage) => [stage, counts.get(stage) ?? 0])) as Record<Stage, number>;
}

/** How many rows say that their order needs a person; what Temporal alone knows of, the list of those orders has as well. */
export async function countAttention(em: EntityManager): Promise<number> {
  const { count } = await kyselyOf(em)
    .selectFrom('Order')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('attention', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
}

/** How many orders wait for one party for the same thing. */
export interface WaitingCount {
  readonly partyId: string;
  readonly stage: Stage;
  readonly what: string;
  readonly count: number;
  /** Since when the first of them waits. RFC 3339. */
  readonly oldest: string;
}

const MOST_WAITING = 100;

/** For whom how many orders wait, the longest first, at most a hundred lines. Not the deliveries that are not due yet. */
export async function countWaiting(em: EntityManager): Promise<WaitingCount[]> {
  const rows = await waitingRows(em, { all: false })
    .select(['waitingFor', 'stage', 'paymentIndicated', sql<number>`count(*)::int`.as('count')])
    .select(sql<Date>`min(since)`.as('oldest'))
    .groupBy(['waitingFor', 'stage', 'paymentIndicated'])
    .orderBy('oldest')
    .limit(MOST_WAITING)
    .execute();
  return rows.map(({ waitingFor, stage, paymentIndicated, count, oldest }) => ({
    partyId: waitingFor,
    stage,
    what: whatFor({ stage, paymentIndicated }),
    count,
    oldest: new Date(oldest).toISOString(),
  }));
}

export interface OrdersOfBucket {
  /** When the bucket begins. RFC 3339. */
  readonly at: string;
  readonly placed: number;
  readonly ended: number;
}

/** As the index on the events of the end has them, character by character. */
const ENDINGS = `'order_completed', 'order_declined', 'order_rejected', 'order_expired', 'order_cancelled', 'order_refunded'`;

/** Raw: two tables by the same buckets in one statement, each by the index on its times. */
const PLACED_AND_ENDED = `
  select date_bin(make_interval(secs => ?::int), at, ?::timestamptz) as at, sum(placed)::int as placed, sum(ended)::int as ended
  from (
    select created_at as at, 1 as placed, 0 as ended from orders where created_at >= ?::timestamptz and created_at < ?::timestamptz
    union all
    select occurred_at, 0, 1 from order_events
    where occurred_at >= ?::timestamptz and occurred_at < ?::timestamptz and type in (${ENDINGS})
  ) moves
  group by 1`;

/**
 * How many orders were placed and ended in each bucket. An order ends once, but for a completed one whose payment is given back
 * later: that is another end.
 */
export async function ordersByBucket(em: EntityManager, period: Period): Promise<OrdersOfBucket[]> {
  const { from, to } = bounds(period);
  const rows = await em.execute<{ at: Date; placed: number; ended: number }[]>(PLACED_AND_ENDED, [
    period.bucketSeconds,
    from,
    from,
    to,
    from,
    to,
  ]);
  const found = byBucket(rows.map((row) => ({ ...row, at: new Date(row.at) })));
  return bucketsOf(period).map((at) => {
    const { placed = 0, ended = 0 } = found(at) ?? {};
    return { at: at.toISOString(), placed, ended };
  });
}
