import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import {
  STAGES,
  PAYMENT_STATUSES,
  SETTLE_ON,
  type Attention,
  type OrderLine,
  type OrderRefusal,
  type PricedLine,
  type RequestDetails,
  type Ending,
} from '../domain/order.ts';
import type { OrderId } from '../domain/ids.ts';
import { AGENTS } from '../domain/party.ts';
import { PAYMENT_DEMANDS } from '../domain/settlement.ts';
import { currency } from './types.ts';

/**
 * An order as its parties see it. The workflow decides what comes next; this row is what it last committed, so that reading
 * an order costs Temporal nothing. `deliverToSealed` is a JWE: the database never holds the address in plain text.
 */
export const Order = defineEntity({
  name: 'Order',
  tableName: 'orders',
  checks: [
    {
      name: 'orders_settled_within_charge',
      expression: 'settled_amount >= 0 and settled_amount <= charge_amount',
    },
    {
      name: 'orders_refunded_within_settled',
      expression: 'refunded_amount >= 0 and refunded_amount <= settled_amount',
    },
  ],
  indexes: [
    { name: 'orders_buyer_index', properties: ['buyerId', 'createdAt', 'id'] },
    { name: 'orders_seller_index', properties: ['sellerId', 'createdAt', 'id'] },
    { name: 'orders_distributor_index', properties: ['distributorId', 'createdAt', 'id'] },
    { name: 'orders_created_index', properties: ['createdAt', 'id'] },
    { name: 'orders_stage_index', properties: ['stage', 'createdAt', 'id'] },
    {
      name: 'orders_attention_index',
      expression: `create index "orders_attention_index" on "orders" ("id") where attention is not null`,
    },
    {
      name: 'orders_on_their_way_index',
      expression: `create index "orders_on_their_way_index" on "orders" ("deliver_at") where stage in ('scheduled', 'in_distribution') and attention is null`,
    },
    {
      name: 'orders_to_end_index',
      expression: `create index "orders_to_end_index" on "orders" ("updated_at") where ending is not null and attention is null and stage in ('requested', 'check_issued', 'presented', 'accepted', 'scheduled', 'in_distribution', 'delivered')`,
    },
    {
      name: 'orders_ended_of_sites_index',
      expression: `create index "orders_ended_of_sites_index" on "orders" ("updated_at") where ending is not null and stage = (ending->>'stage') and (seller_agent = 'site' or distributor_agent = 'site')`,
    },
  ],
  properties: {
    id: p.text().$type<OrderId>().primary(),
    buyerId: p.text(),
    sellerId: p.text(),
    distributorId: p.text(),
    stage: p.enum(STAGES),
    attention: p.json<Attention>().columnType('jsonb').nullable(),
    refusal: p.json<OrderRefusal>().columnType('jsonb').nullable(),
    /** How it was decided to end early, from the decision on; written once. */
    ending: p.json<Ending>().columnType('jsonb').nullable(),
    /** What else the request said: enough to start the workflow again from this row. */
    request: p.json<RequestDetails>().columnType('jsonb').nullable(),
    /** SHA-256 of the request body: the same Idempotency-Key with another digest is refused, permanently. */
    requestDigest: p.text(),
    lines: p.json<readonly (OrderLine | PricedLine)[]>().columnType('jsonb'),
    chargeAmount: p.bigint('bigint').default('0'),
    currency: currency().nullable(),
    deliverToSealed: p.text(),
    settleOn: p.enum(SETTLE_ON),
    /** Who demands the payment, as the seller's registration said when the order was judged. */
    paymentDemand: p.enum(PAYMENT_DEMANDS).default('auto'),
    /** Who acts for seller and distributor, as it was judged; `null` in orders of before it was kept. */
    sellerAgent: p.enum(AGENTS).nullable(),
    distributorAgent: p.enum(AGENTS).nullable(),
    deliverAt: p.datetime().columnType('timestamptz').nullable(),
    distributionStatus: p.text().nullable(),
    paymentStatus: p.enum(PAYMENT_STATUSES).default('none'),
    settledAmount: p.bigint('bigint').default('0'),
    refundedAmount: p.bigint('bigint').default('0'),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type Order = InferEntity<typeof Order>;
