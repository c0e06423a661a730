import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { CHECK_STATUSES } from '../domain/echeck.ts';
import { Order } from './order.entity.ts';
import { Transfer } from './transfer.entity.ts';
import { currency } from './types.ts';

/**
 * The check register. One check, one order, one hold of the same amount (a deferred trigger compares them at commit).
 */
export const ECheck = defineEntity({
  name: 'ECheck',
  tableName: 'echecks',
  checks: [{ name: 'echecks_amount_positive', expression: 'amount > 0' }],
  uniques: [
    { name: 'echecks_order_unique', properties: ['orderId'] },
    { name: 'echecks_hold_unique', properties: ['holdId'] },
    { name: 'echecks_status_index_unique', properties: ['statusIndex'] },
  ],
  indexes: [
    // Expiry grows with the row's place on disk: a block range index finds the recent checks for the status list at next to no cost.
    {
      name: 'echecks_expiry_index',
      expression: `create index "echecks_expiry_index" on "echecks" using brin ("expires_at")`,
    },
    {
      name: 'echecks_open_expiry_index',
      expression: `create index "echecks_open_expiry_index" on "echecks" ("expires_at") where status in ('issued', 'presented')`,
    },
  ],
  properties: {
    number: p.text().primary(),
    orderId: () => p.manyToOne(Order).mapToPk().fieldName('order_id').deleteRule('restrict').updateRule('restrict'),
    buyerId: p.text(),
    sellerId: p.text(),
    distributorId: p.text(),
    amount: p.bigint('bigint'),
    currency: currency(),
    jws: p.text(),
    /** The id of the key that signed it. */
    kid: p.text(),
    status: p.enum(CHECK_STATUSES),
    /** Its place in the signed status list; taken from the sequence before the check is signed, because the check says it. */
    statusIndex: p.bigint('bigint').autoincrement(),
    holdId: () => p.manyToOne(Transfer).mapToPk().fieldName('hold_id').deleteRule('restrict').updateRule('restrict'),
    /** The registry rows' versions that the decision to issue rested on (claims 3 and 10). */
    sellerVersion: p.integer(),
    distributorVersion: p.integer(),
    issuedAt: p.datetime().columnType('timestamptz'),
    expiresAt: p.datetime().columnType('timestamptz'),
    updatedAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type ECheck = InferEntity<typeof ECheck>;
