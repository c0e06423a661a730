import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { ROLES } from '../domain/party.ts';

/** A machine's key to the API, for one party. The key itself is shown once and kept only as its SHA-256. */
export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  uniques: [{ name: 'api_keys_hash_unique', properties: ['hash'] }],
  properties: {
    id: p.text().primary(),
    partyId: p.text(),
    role: p.enum(ROLES),
    scopes: p.json<('read' | 'write')[]>().columnType('jsonb'),
    name: p.text(),
    hash: p.text(),
    createdBy: p.text(),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    expiresAt: p.datetime().columnType('timestamptz').nullable(),
    revokedAt: p.datetime().columnType('timestamptz').nullable(),
  },
});
export type ApiKey = InferEntity<typeof ApiKey>;
