import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** What the shop sells, at what charge, and how much of it there is. */
export const Commodity = defineEntity({
  name: 'Commodity',
  tableName: 'commodities',
  properties: {
    sku: p.text().primary(),
    name: p.text(),
    /** Minor units of the shop's currency. */
    priceAmount: p.bigint('number'),
    currency: p.text(),
    weightGrams: p.integer(),
    /** Hours by the calendar until it can be handed over. */
    handlingHours: p.integer(),
    /** In the shop, also what is promised to open orders. */
    onHand: p.integer(),
    /** Promised to open orders: never more than there is (a constraint of the table). */
    reserved: p.integer().default(0),
  },
});
export type Commodity = InferEntity<typeof Commodity>;
