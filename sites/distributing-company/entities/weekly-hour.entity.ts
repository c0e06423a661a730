import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** An hour of the usual week, and its capacity. */
export const WeeklyHour = defineEntity({
  name: 'WeeklyHour',
  tableName: 'weekly_hours',
  properties: {
    /** ISO: 1 is Monday. */
    weekday: p.integer().primary(),
    hour: p.integer().primary(),
    places: p.integer(),
  },
});
export type WeeklyHour = InferEntity<typeof WeeklyHour>;
