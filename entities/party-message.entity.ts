import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { OrderId } from '../domain/ids.ts';
import { MESSAGE_KINDS, ALL_VERDICTS, type FaultOnRecord, type PartyKey } from '../domain/party-messages.ts';

/**
 * A message to a party's own server, and the receipt that the server signed for it. Both are JWS and rest sealed (JWE), for they
 * may hold an address. A trigger keeps the message as it was sent, and the receipt once it is there.
 */
export const PartyMessage = defineEntity({
  name: 'PartyMessage',
  tableName: 'party_messages',
  checks: [
    {
      name: 'party_messages_named_by_order',
      expression: "id = order_id || ':' || kind || coalesce(':' || attempt, '')",
    },
    {
      name: 'party_messages_receipt_whole',
      expression: 'num_nulls(verdict, receipt_sealed, receipt_digest, receipt_key, receipted_at) in (0, 5)',
    },
    {
      name: 'party_messages_verdict_fits',
      expression:
        "verdict is null or case kind when 'presentation' then verdict in ('promised', 'refused', 'later') when 'instruction' then verdict in ('scheduled', 'refused', 'later') when 'schedule_again' then verdict in ('scheduled', 'received') else verdict = 'received' end",
    },
  ],
  indexes: [
    { name: 'party_messages_order_index', properties: ['orderId', 'sentAt'] },
    {
      name: 'party_messages_waiting_index',
      expression: `create index "party_messages_waiting_index" on "party_messages" ("last_attempt_at") where verdict is null`,
    },
  ],
  properties: {
    /** The `jti`. */
    id: p.text().primary(),
    orderId: p.text().$type<OrderId>(),
    kind: p.enum(MESSAGE_KINDS),
    /** Where an order has several of a kind. */
    attempt: p.integer().nullable(),
    /** On whose behalf. */
    sender: p.text(),
    recipient: p.text(),
    messageSealed: p.text(),
    /** SHA-256, base64url, of the message's compact text: what its receipt names. */
    digest: p.text(),
    /** The office's key that signed it. */
    kid: p.text(),
    sentAt: p.datetime().columnType('timestamptz'),
    attempts: p.integer().default(0),
    lastAttemptAt: p.datetime().columnType('timestamptz').nullable(),
    /** Why the last attempt brought no receipt. */
    fault: p.json<FaultOnRecord>().columnType('jsonb').nullable(),
    verdict: p.enum(ALL_VERDICTS).nullable(),
    receiptSealed: p.text().nullable(),
    /** SHA-256, base64url, of the receipt's compact text: a changed one is found without opening it. */
    receiptDigest: p.text().nullable(),
    /** The party's public key with which the receipt was verified. */
    receiptKey: p.json<PartyKey>().columnType('jsonb').nullable(),
    receiptedAt: p.datetime().columnType('timestamptz').nullable(),
  },
});
export type PartyMessage = InferEntity<typeof PartyMessage>;
