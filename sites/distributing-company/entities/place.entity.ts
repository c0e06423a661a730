import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A place that is taken. Its key is the place itself: two deliveries never have the same, whatever runs at once. */
export const Place = defineEntity({
  name: 'Place',
  tableName: 'places',
  properties: {
    /** ISO date and hour of the company's local calendar. */
    date: p.text().primary(),
    hour: p.integer().primary(),
    number: p.integer().primary(),
    orderId: p.text(),
  },
});
export type Place = InferEntity<typeof Place>;
