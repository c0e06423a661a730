import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { Seller } from './seller.entity.ts';
import { currency, updatedAt } from './types.ts';

/** What a seller offers, at its charge of this moment. */
export const Commodity = defineEntity({
  name: 'Commodity',
  tableName: 'commodities',
  checks: [
    { name: 'commodities_price_positive', expression: 'price_amount > 0' },
    { name: 'commodities_weight_positive', expression: 'weight_grams > 0' },
  ],
  properties: {
    sellerId: () =>
      p.manyToOne(Seller).mapToPk().primary().fieldName('seller_id').deleteRule('restrict').updateRule('restrict'),
    sku: p.text().primary(),
    name: p.text(),
    priceAmount: p.bigint('bigint'),
    currency: currency(),
    weightGrams: p.integer(),
    /** Hours by the calendar that the seller needs before the goods can be handed over. */
    handlingHours: p.integer().default(24),
    active: p.boolean().default(true),
    updatedAt: updatedAt(),
  },
});
export type Commodity = InferEntity<typeof Commodity>;
