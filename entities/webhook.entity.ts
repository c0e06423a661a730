import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** Where a party wants to be told of its orders’ events. Its secrets rest sealed for the party. */
export const Webhook = defineEntity({
  name: 'Webhook',
  tableName: 'webhooks',
  indexes: [{ name: 'webhooks_party_index', properties: ['partyId'] }],
  properties: {
    id: p.text().primary(),
    partyId: p.text(),
    role: p.enum(['buyer', 'seller', 'distributor', 'operator'] as const),
    url: p.text(),
    /** `null`: events of every type. */
    types: p.json<string[]>().columnType('jsonb').nullable(),
    secretSealed: p.text(),
    /** After a rotation the former secret signs, too, until this time. */
    formerSecretSealed: p.text().nullable(),
    formerSecretUntil: p.datetime().columnType('timestamptz').nullable(),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type Webhook = InferEntity<typeof Webhook>;
