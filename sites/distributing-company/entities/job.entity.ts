import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { JOB_STATES } from '../jobs/states.ts';

/** A line of the seller's instruction, as the driver loads it. */
export interface LoadLine {
  readonly sku: string;
  readonly name?: string;
  readonly quantity: number;
  readonly weightGrams: number;
}

/** Where the goods go. Personal: gone `KEPT_DAYS` after the end. */
export interface Receiver {
  readonly name: string;
  readonly company?: string;
  readonly street: string;
  readonly street2?: string;
  readonly city?: string;
  readonly region?: string;
  readonly postalCode?: string;
  readonly country: string;
  readonly phone?: string;
  readonly note?: string;
}

/** The driver's job: one an order. */
export const Job = defineEntity({
  name: 'Job',
  tableName: 'jobs',
  properties: {
    orderId: p.text().primary(),
    sellerId: p.text(),
    state: p.enum(JOB_STATES),
    lines: p.json<readonly LoadLine[]>(),
    deliverTo: p.json<Receiver>().nullable(),
    country: p.text(),
    weightGrams: p.integer(),
    /** No date before it goes: the goods cannot be there. */
    notBefore: p.datetime().columnType('timestamptz'),
    deliverAt: p.datetime().columnType('timestamptz').nullable(),
    /** 1, and one more after each attempt that failed: part of the ids of its reports. */
    attempt: p.integer().default(1),
    /** Since when it has its date: the demo driver counts from here. */
    plannedAt: p.datetime().columnType('timestamptz').nullable(),
    refusal: p.text().nullable(),
    /** The order's stage at the check office, as it last answered. */
    officeStage: p.text().nullable(),
    createdAt: p.datetime().columnType('timestamptz'),
    endedAt: p.datetime().columnType('timestamptz').nullable(),
  },
});
export type Job = InferEntity<typeof Job>;
