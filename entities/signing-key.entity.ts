import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** The public half of an Ed25519 key that signs checks. */
export interface PublicSigningKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
}

/** `active` signs and verifies, `retired` verifies only, `revoked` neither. */
const KEY_STATUSES = ['active', 'retired', 'revoked'] as const;

/**
 * The keys that sign checks, as every process sees them: public halves and status. Private halves never come here.
 * A trigger lets the status move forward only.
 */
export const SigningKey = defineEntity({
  name: 'SigningKey',
  tableName: 'signing_keys',
  properties: {
    kid: p.text().primary(),
    publicKey: p.json<PublicSigningKey>().columnType('jsonb'),
    status: p.enum(KEY_STATUSES).default('active'),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('clock_timestamp()'),
    retiredAt: p.datetime().columnType('timestamptz').nullable(),
    revokedAt: p.datetime().columnType('timestamptz').nullable(),
  },
});
export type SigningKey = InferEntity<typeof SigningKey>;
