import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { CheckNumber, OrderId } from '../domain/ids.ts';
import { CHECK_STATUSES } from '../domain/echeck.ts';
import { ACCOUNT_STATUSES } from '../domain/party.ts';
import { currency } from './types.ts';

/** A check with everything that decides whether it is good: its own status, its buyer's account and the key that signed it. */
export const CheckWithAccount = defineEntity({
  name: 'CheckWithAccount',
  tableName: 'checks_with_accounts',
  view: true,
  expression: `
    select c.number, c.order_id, c.buyer_id, c.seller_id, c.distributor_id, c.amount, c.currency, c.jws, c.kid, c.status,
      c.status_index, c.issued_at, c.expires_at, c.updated_at, a.status as account_status,
      coalesce(k.status = 'revoked', false) as key_revoked
    from echecks c
      join accounts a on a.id = c.buyer_id
      left join signing_keys k on k.kid = c.kid`,
  properties: {
    number: p.text().$type<CheckNumber>().primary(),
    orderId: p.text().$type<OrderId>(),
    buyerId: p.text(),
    sellerId: p.text(),
    distributorId: p.text(),
    amount: p.bigint('bigint'),
    currency: currency(),
    jws: p.text(),
    kid: p.text(),
    status: p.enum(CHECK_STATUSES),
    statusIndex: p.bigint('bigint'),
    issuedAt: p.datetime().columnType('timestamptz'),
    expiresAt: p.datetime().columnType('timestamptz'),
    updatedAt: p.datetime().columnType('timestamptz'),
    /** The buyer's account. */
    accountStatus: p.enum(ACCOUNT_STATUSES),
    /** The key that signed it was revoked after it had signed. */
    keyRevoked: p.boolean(),
  },
});
export type CheckWithAccount = InferEntity<typeof CheckWithAccount>;
