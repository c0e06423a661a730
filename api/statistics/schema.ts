import { z } from 'zod';
import { OPEN_STAGES, STAGES } from '../../domain/order.ts';
import { givenMoment, instant } from '../http/parsing.ts';
import { stage } from '../orders/schema.ts';

export const statisticsQuery = z.strictObject({
  from: givenMoment.optional().meta({ description: 'Default: 24 hours before `to`.' }),
  to: givenMoment.optional().meta({ description: 'What came before this moment. Default: now.' }),
});

const bucketSeconds = z.int().meta({ description: 'How long each bucket is; the first begins at `from`.' });
const count = z.int();

const waiting = z.object({
  partyId: z.string(),
  stage,
  what: z.string(),
  count,
  oldest: instant.meta({ description: 'Since when the first of them waits.' }),
});

const times = z.object({
  stage: z.enum(OPEN_STAGES),
  count: count.meta({ description: 'How many left the stage in the period.' }),
  p50Seconds: z.number(),
  p95Seconds: z.number(),
});

const moneyOfBucket = z.object({
  at: instant,
  held: z.int().meta({ description: "Minor units held for checks at the bucket's end." }),
  settled: z.int().meta({ description: 'Minor units that sellers were paid in the bucket, out of what was held.' }),
});

export const statistics = z
  .object({
    from: instant,
    to: instant,
    orders: z
      .object({
        byStage: z.object(
          Object.fromEntries(STAGES.map((one) => [one, count])) as Record<(typeof STAGES)[number], typeof count>,
        ),
        attention: count.meta({ description: 'Orders whose row says that they need a person.' }),
        waiting: z
          .array(waiting)
          .meta({ description: 'For whom how many wait, the longest first, at most a hundred.' }),
      })
      .meta({ description: 'As it is now, whatever the period.' }),
    perMinute: z
      .object({ bucketSeconds, data: z.array(z.object({ at: instant, placed: count, ended: count })) })
      .meta({ description: 'How many orders were placed and ended in each bucket: × 60 / bucketSeconds a minute.' }),
    stages: z.array(times).meta({
      description:
        'How long orders were at a stage: from the event that brought them there to the one that took them on, for those that left it in the period; of a busy one for its latest 50,000 moves.',
    }),
    money: z.object({
      bucketSeconds,
      currencies: z.array(z.object({ currency: z.string(), data: z.array(moneyOfBucket) })),
    }),
  })
  .meta({ id: 'Statistics' });
