import type { EntityManager } from '@mikro-orm/postgresql';
import { moneyByBucket } from './money.ts';
import { countAttention, countByStage, countWaiting, ordersByBucket } from './orders.ts';
import { dividedPeriod } from './period.ts';
import { stageTimes } from './stages.ts';

/** All figures: how it stands now, and how a period went. One after the other: they take one connection, not all that there are for reading. */
export async function readFigures(em: EntityManager, from: Date, to: Date) {
  const period = dividedPeriod(from, to);
  const { bucketSeconds } = period;
  const orders = {
    byStage: await countByStage(em),
    attention: await countAttention(em),
    waiting: await countWaiting(em),
  };
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    orders,
    perMinute: { bucketSeconds, data: await ordersByBucket(em, period) },
    stages: await stageTimes(em, period),
    money: { bucketSeconds, currencies: await moneyByBucket(em, period) },
  };
}
