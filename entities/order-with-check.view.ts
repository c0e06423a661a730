import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { CHECK_STATUSES } from '../domain/echeck.ts';
import {
  type Ending,
  type Attention,
  type OrderRefusal,
  type PaymentStatus,
  type PricedLine,
  type SettleOn,
  STAGES,
} from '../domain/order.ts';
import type { CheckNumber, OrderId } from '../domain/ids.ts';
import { currency } from './types.ts';

/** An order with its check, where it has one: what its parties are shown. Sums in minor units. */
export const OrderWithCheck = defineEntity({
  name: 'OrderWithCheck',
  tableName: 'orders_with_checks',
  view: true,
  expression: `
    select o.id, o.buyer_id, o.seller_id, o.distributor_id, o.stage, o.attention, o.refusal, o.ending, o.request_digest, o.lines,
      o.charge_amount, o.currency, o.deliver_to_sealed, o.settle_on, o.deliver_at, o.distribution_status, o.payment_status,
      o.settled_amount, o.refunded_amount, o.created_at, o.updated_at,
      to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at_micros,
      c.number as check_number, c.status as check_status, c.expires_at as check_expires_at, c.jws as check_jws,
      (select p.occurred_at from order_events p where p.order_id = o.id and p.key = 'check_presented') as presented_at,
      (select i.occurred_at from order_events i where i.order_id = o.id and i.key = 'distribution_instructed') as instructed_at,
      case when o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded')
        then coalesce((select max(d.occurred_at) from order_events d where d.order_id = o.id and d.key in ('order_completed', 'order_ended')),
          o.updated_at) else null end as ended_at
    from orders o
      left join echecks c on c.order_id = o.id`,
  properties: {
    id: p.text().$type<OrderId>().primary(),
    buyerId: p.text(),
    sellerId: p.text(),
    distributorId: p.text(),
    stage: p.enum(STAGES),
    attention: p.json<Attention>().nullable(),
    refusal: p.json<OrderRefusal>().nullable(),
    ending: p.json<Ending>().nullable(),
    requestDigest: p.text(),
    lines: p.json<PricedLine[]>(),
    chargeAmount: p.bigint('bigint'),
    currency: currency().nullable(),
    deliverToSealed: p.text(),
    settleOn: p.text().$type<SettleOn>(),
    deliverAt: p.datetime().nullable(),
    distributionStatus: p.text().nullable(),
    paymentStatus: p.text().$type<PaymentStatus>(),
    settledAmount: p.bigint('bigint'),
    refundedAmount: p.bigint('bigint'),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
    /** The creation in UTC to the microsecond, which a `Date` does not hold: a place in a list. */
    createdAtMicros: p.text(),
    checkNumber: p.text().$type<CheckNumber>().nullable(),
    checkStatus: p.enum(CHECK_STATUSES).nullable(),
    checkExpiresAt: p.datetime().nullable(),
    checkJws: p.text().nullable(),
    /** Since when it exists for its seller, and for its distributor (`EXISTS_FROM`); `null`: not yet, or it never did. */
    presentedAt: p.datetime().nullable(),
    instructedAt: p.datetime().nullable(),
    endedAt: p.datetime().nullable(),
  },
});
export type OrderWithCheck = InferEntity<typeof OrderWithCheck>;
