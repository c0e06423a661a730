import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { DISTRIBUTION_KINDS } from '../domain/delivery.ts';

/** What a distributor reported, permanently: the order's workflow takes it up from here or from a signal, whichever comes first. */
export const DistributionReport = defineEntity({
  name: 'DistributionReport',
  tableName: 'distribution_reports',
  uniques: [{ name: 'distribution_reports_event_unique', properties: ['orderId', 'eventId'] }],
  indexes: [{ name: 'distribution_reports_recorded_index', properties: ['recordedAt'] }],
  properties: {
    id: p.bigint('bigint').primary().autoincrement(),
    orderId: p.text(),
    eventId: p.text(),
    kind: p.enum(DISTRIBUTION_KINDS),
    occurredAt: p.datetime().columnType('timestamptz'),
    note: p.text().nullable(),
    /** A JWE: who received the goods is personal. */
    receivedBySealed: p.text().nullable(),
    recordedAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type DistributionReport = InferEntity<typeof DistributionReport>;
