import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { ROLES } from '../domain/party.ts';
import { createdAt, updatedAt } from './types.ts';

/** Who a subject of an outside issuer of tokens is here. */
export const Identity = defineEntity({
  name: 'Identity',
  tableName: 'identities',
  uniques: [{ name: 'identities_subject_unique', properties: ['issuer', 'subject'] }],
  indexes: [{ name: 'identities_party_index', properties: ['partyId', 'id'] }],
  properties: {
    id: p.bigint('bigint').primary().autoincrement(),
    /** `iss` of its tokens, and whom they name in the words of that issuer: in NFC, case counts. */
    issuer: p.text(),
    subject: p.text(),
    partyId: p.text(),
    role: p.enum(ROLES),
    version: p.integer().default(1).version(),
    createdBy: p.text(),
    changedBy: p.text(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
});
export type Identity = InferEntity<typeof Identity>;
