import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { ROLES } from '../domain/party.ts';
import { createdAt } from './types.ts';

export const IDENTITY_CHANGES = ['made', 'changed', 'deleted'] as const;

/** Who gave whom which rights, and took them away, and when: append-only. The subject is there as a digest only, for it may name a person. */
export const IdentityChange = defineEntity({
  name: 'IdentityChange',
  tableName: 'identity_changes',
  indexes: [{ name: 'identity_changes_identity_index', properties: ['identityId', 'id'] }],
  properties: {
    id: p.bigint('bigint').primary().autoincrement(),
    identityId: p.bigint('bigint'),
    change: p.enum(IDENTITY_CHANGES),
    issuer: p.text(),
    /** Base64url SHA-256 of the subject in UTF-8: who knows it can ask for it, nobody can read it. */
    subjectDigest: p.text(),
    partyId: p.text(),
    role: p.enum(ROLES),
    actor: p.text(),
    occurredAt: createdAt(),
  },
});
export type IdentityChange = InferEntity<typeof IdentityChange>;
