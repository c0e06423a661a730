import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A row of the selling office information database (claim 3). `version` grows with every change. */
export const Seller = defineEntity({
  name: 'Seller',
  tableName: 'sellers',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    status: p.enum(['active', 'suspended'] as const).default('active'),
    agent: p.enum(['auto', 'manual'] as const).default('auto'),
    version: p.integer().default(1),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type Seller = InferEntity<typeof Seller>;
