import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { ROLES, type ApiKeyScope } from '../domain/party.ts';
import { createdAt } from './types.ts';

/** A machine's key to the API, for one party. The key itself is shown once and kept only as its SHA-256. */
export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  uniques: [{ name: 'api_keys_hash_unique', properties: ['hash'] }],
  properties: {
    id: p.text().primary(),
    partyId: p.text(),
    role: p.enum(ROLES),
    scopes: p.json<ApiKeyScope[]>().columnType('jsonb'),
    name: p.text(),
    hash: p.text(),
    createdBy: p.text(),
    createdAt: createdAt(),
    expiresAt: p.datetime().columnType('timestamptz').nullable(),
    revokedAt: p.datetime().columnType('timestamptz').nullable(),
  },
});
export type ApiKey = InferEntity<typeof ApiKey>;
