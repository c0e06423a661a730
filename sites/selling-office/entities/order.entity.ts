import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { DeliverTo, Line } from '../../../client/site.ts';

/** `waiting`: for the shop's people. `none`: the order ended, or went on, before the shop had to decide. */
export const DECISIONS = ['none', 'waiting', 'promised', 'refused'] as const;
export type Decision = (typeof DECISIONS)[number];

const time = () => p.datetime().columnType('timestamptz').nullable();

/** An order as the shop knows it: what it was presented, what it decided, what it was told since. */
export const Order = defineEntity({
  name: 'Order',
  tableName: 'orders',
  properties: {
    id: p.text().primary(),
    decision: p.enum(DECISIONS).default('none'),
    /** Why it was refused. */
    reason: p.text().nullable(),
    number: p.text().nullable(),
    /** The check itself: the demand for payment carries it. */
    echeck: p.text().nullable(),
    buyerId: p.text().nullable(),
    distributorId: p.text().nullable(),
    lines: p.json<readonly Line[]>().nullable(),
    /** Personal data. */
    deliverTo: p.json<DeliverTo>().nullable(),
    chargeAmount: p.bigint('number').nullable(),
    currency: p.text().nullable(),
    /** The shop's word to the distributor, as it was signed. */
    instruction: p.text().nullable(),
    /** Whether the lines are reserved in the stock: until they are delivered, or the order ends. */
    reserved: p.boolean().default(false),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    indicatedAt: time(),
    deliveredAt: time(),
    /** When the office answered the demand. */
    demandedAt: time(),
    paidAt: time(),
    paidAmount: p.bigint('number').nullable(),
    endedAt: time(),
    /** How it ended, in the office's words: `cancelled: the buyer …`. */
    ending: p.text().nullable(),
  },
});
export type Order = InferEntity<typeof Order>;
