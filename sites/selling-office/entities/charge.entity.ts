import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { Commodity } from './commodity.entity.ts';

/** A charge that was asked for a commodity from then on: an order keeps the one of the moment in which its check was issued. */
export const Charge = defineEntity({
  name: 'Charge',
  tableName: 'charges',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    sku: () => p.manyToOne(Commodity).mapToPk().fieldName('sku'),
    priceAmount: p.bigint('number'),
    currency: p.text(),
    since: p.datetime().columnType('timestamptz'),
  },
});
export type Charge = InferEntity<typeof Charge>;
