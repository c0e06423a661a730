import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A row of the selling office information database (claim 3). `version` grows with every change. */
export const Seller = defineEntity({
  name: 'Seller',
  tableName: 'sellers',
  checks: [{ name: 'sellers_fee_within_price', expression: 'fee_basis_points >= 0 and fee_basis_points <= 10000' }],
  properties: {
    id: p.text().primary(),
    name: p.text(),
    status: p.enum(['active', 'suspended'] as const).default('active'),
    agent: p.enum(['auto', 'manual'] as const).default('auto'),
    /** The office's fee on what the seller is paid, in hundredths of a per cent. */
    feeBasisPoints: p.integer().default(0),
    version: p.integer().default(1),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type Seller = InferEntity<typeof Seller>;
