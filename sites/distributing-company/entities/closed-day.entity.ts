import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A day on which the company does not deliver, beside holidays. */
export const ClosedDay = defineEntity({
  name: 'ClosedDay',
  tableName: 'closed_days',
  properties: { date: p.text().primary() },
});
export type ClosedDay = InferEntity<typeof ClosedDay>;
