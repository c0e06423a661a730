import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { DISABLED_REASONS } from '../domain/webhooks.ts';
import { ROLES } from '../domain/party.ts';

/** Where a party has its orders' events sent. Its secrets rest sealed for the party. */
export const Webhook = defineEntity({
  name: 'Webhook',
  tableName: 'webhooks',
  indexes: [
    { name: 'webhooks_party_index', properties: ['role', 'partyId'] },
    { name: 'webhooks_created_index', properties: ['createdAt', 'id'] },
  ],
  checks: [{ name: 'webhooks_disabled_check', expression: '(disabled_at is null) = (disabled_reason is null)' }],
  properties: {
    id: p.text().primary(),
    partyId: p.text(),
    role: p.enum(ROLES),
    url: p.text(),
    /** `null`: events of every type. */
    types: p.json<string[]>().columnType('jsonb').nullable(),
    secretSealed: p.text(),
    /** After a rotation the former secret signs, too, until this time. */
    formerSecretSealed: p.text().nullable(),
    formerSecretUntil: p.datetime().columnType('timestamptz').nullable(),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    /** Failed attempts since the last that succeeded, of all orders together. */
    failures: p.integer().default(0),
    failingSince: p.datetime().columnType('timestamptz').nullable(),
    lastError: p.text().nullable(),
    /** Set: the circuit breaker is open until then; from then on one delivery at a time tries the receiver. */
    retryAt: p.datetime().columnType('timestamptz').nullable(),
    /** The order whose delivery tries the receiver, and until when that one is waited for. */
    prober: p.text().nullable(),
    proberUntil: p.datetime().columnType('timestamptz').nullable(),
    disabledAt: p.datetime().columnType('timestamptz').nullable(),
    disabledReason: p.enum(DISABLED_REASONS).nullable(),
  },
});
export type Webhook = InferEntity<typeof Webhook>;
