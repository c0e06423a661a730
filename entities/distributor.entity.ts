import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { DistributorTerms } from '../domain/dispatch.ts';

/** A row of the distributing company information database (claim 10). `terms` say where and when it delivers. */
export const Distributor = defineEntity({
  name: 'Distributor',
  tableName: 'distributors',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    status: p.enum(['active', 'suspended'] as const).default('active'),
    agent: p.enum(['auto', 'manual'] as const).default('auto'),
    terms: p.json<DistributorTerms>().columnType('jsonb'),
    version: p.integer().default(1),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type Distributor = InferEntity<typeof Distributor>;
