import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { AGENTS, REGISTRATION_STATUSES } from '../domain/party.ts';
import type { DistributorTerms } from '../domain/dispatch.ts';
import { createdAt, updatedAt } from './types.ts';

/** A row of the distributing company information database (claim 10). `terms` say where and when it delivers. */
export const Distributor = defineEntity({
  name: 'Distributor',
  tableName: 'distributors',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    status: p.enum(REGISTRATION_STATUSES).default('active'),
    agent: p.enum(AGENTS).default('auto'),
    terms: p.json<DistributorTerms>().columnType('jsonb'),
    version: p.integer().default(1).version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
});
export type Distributor = InferEntity<typeof Distributor>;
