import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { AGENTS, REGISTRATION_STATUSES } from '../domain/party.ts';
import type { DistributorTerms } from '../domain/dispatch.ts';
import { createdAt, updatedAt } from './types.ts';

/** A row of the distributing company information database (claim 10). `terms` say where and when it delivers. */
export const Distributor = defineEntity({
  name: 'Distributor',
  tableName: 'distributors',
  checks: [{ name: 'distributors_site_has_address', expression: "agent <> 'site' or site_url is not null" }],
  properties: {
    id: p.text().primary(),
    name: p.text(),
    status: p.enum(REGISTRATION_STATUSES).default('active'),
    agent: p.enum(AGENTS).default('auto'),
    /** Where the party's own server is: needed by the agent `site`, kept when it acts otherwise. */
    siteUrl: p.text().nullable(),
    terms: p.json<DistributorTerms>().columnType('jsonb'),
    version: p.integer().default(1).version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
});
export type Distributor = InferEntity<typeof Distributor>;
