import { z } from 'zod';
import { ALL_VERDICTS, MESSAGE_KINDS, TRANSMISSION_FAULTS } from '../../domain/party-messages.ts';
import { jwks } from '../service/schema.ts';
import { instant } from '../http/parsing.ts';

const publicKey = z
  .object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string().optional() })
  .meta({ id: 'PartyKey' });

const message = z
  .object({
    id: z.string().meta({ description: 'The `jti`: the same on every try.' }),
    kind: z.enum(MESSAGE_KINDS),
    from: z.string().meta({ description: 'On whose behalf.' }),
    to: z.string(),
    attempt: z.int().nullable().meta({ description: 'Where the order has several of a kind.' }),
    sentAt: instant.meta({ description: 'When it was made.' }),
    lastAttemptAt: instant.nullable(),
    attempts: z.int(),
    message: z.string().nullable().meta({
      description:
        "The compact JWS as it was sent; null where it is withheld, and after the buyer's personal data was forgotten.",
    }),
    receipt: z.string().nullable().meta({ description: 'The compact JWS that the party signed for it.' }),
    verdict: z.enum(ALL_VERDICTS).nullable(),
    receiptedAt: instant.nullable(),
    fault: z
      .object({ reason: z.enum(TRANSMISSION_FAULTS), detail: z.string(), at: instant })
      .nullable()
      .meta({
        description: 'Why the last try brought no receipt: for operators, and for the party whose server it is.',
      }),
    keys: publicKey.nullable().meta({ description: 'The key of the party with which the receipt was verified.' }),
  })
  .meta({ id: 'PartyMessage' });

export const orderMessages = z
  .object({
    data: z.array(message),
    nextCursor: z.null(),
    office: z
      .object({ issuer: z.string(), jwks })
      .meta({ description: 'Who signed the messages, and with which keys.' }),
  })
  .meta({ id: 'OrderMessages' });
