import type { EntityManager } from '@mikro-orm/postgresql';
import { kyselyOf } from '../../entities/database.ts';
import { sql } from 'kysely';
import { ENDED_STAGES, type Stage } from '../../domain/order.ts';

/** How many orders began and ended, each since the tally was opened. It only grows. */
export interface Tally {
  readonly begun: number;
  readonly ended: Readonly<Record<string, number>>;
}

/** A row may be written this long after the time that it names: an order is on record once it is decided, or after the wait for that. */
const SETTLED_AFTER_MS = 60_000;

/**
 * Counts orders as they begin and end, from what is on record: whoever counts, and however often, comes to the same, a minute
 * later. A question that fails is asked again with the next one, so nothing is left out.
 */
export function openTally(clock: () => Date): (em: EntityManager) => Promise<Tally> {
  const settled = () => new Date(clock().getTime() - SETTLED_AFTER_MS);
  let countedTo = settled();
  let tally: Tally = { begun: 0, ended: Object.fromEntries(ENDED_STAGES.map((stage) => [stage, 0])) };
  return async (em) => {
    const [from, to] = [countedTo, settled()];
    if (to <= from) return tally;
    const begun = await countBegun(em, from, to);
    const ended = await countEnded(em, from, to);
    // Of two questions at once the later answer is of what the other has counted.
    if (countedTo !== from) return tally;
    countedTo = to;
    tally = {
      begun: tally.begun + begun,
      ended: Object.fromEntries(
        ENDED_STAGES.map((stage) => [stage, (tally.ended[stage] ?? 0) + (ended.get(stage) ?? 0)]),
      ),
    };
    return tally;
  };
}

async function countBegun(em: EntityManager, from: Date, to: Date): Promise<number> {
  const { orders } = await kyselyOf(em)
    .selectFrom('Order')
    .select(sql<number>`count(*)::int`.as('orders'))
    .where('createdAt', '>=', from)
    .where('createdAt', '<', to)
    .executeTakeFirstOrThrow();
  return orders;
}

/** By the index on the events of the end, whose condition this repeats. */
async function countEnded(em: EntityManager, from: Date, to: Date): Promise<ReadonlyMap<Stage, number>> {
  const types = sql.join(ENDED_STAGES.map((stage) => sql.lit(`order_${stage}`)));
  const rows = await kyselyOf(em)
    .selectFrom('OrderEvent')
    .select([sql<Stage>`substr(type, 7)`.as('stage'), sql<number>`count(*)::int`.as('orders')])
    .where(sql<boolean>`type in (${types})`)
    .where('occurredAt', '>=', from)
    .where('occurredAt', '<', to)
    .groupBy('type')
    .execute();
  return new Map(rows.map(({ stage, orders }) => [stage, orders]));
}
