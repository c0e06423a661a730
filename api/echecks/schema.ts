import { z } from 'zod';
import { CHECK_REFUSALS, CHECK_STATUSES } from '../../domain/echeck.ts';
import type { Json } from '../http/endpoint.ts';
import { checkNumber, compactJws, instant, money, orderId, pageOf, paging, reason } from '../http/parsing.ts';

const checkStatus = z.enum(CHECK_STATUSES).meta({ id: 'CheckStatus' });

export const echeck = z
  .object({
    number: checkNumber,
    orderId,
    buyerId: z.string(),
    sellerId: z.string(),
    distributorId: z.string(),
    charge: money,
    status: checkStatus,
    issuedAt: instant,
    expiresAt: instant,
    updatedAt: instant,
    kid: z.string().meta({ description: 'The key that signed it, in /.well-known/jwks.json.' }),
    jws: compactJws.meta({
      description: 'The check itself: for the buyer, and for the seller, who has it from the presentation.',
    }),
  })
  .partial()
  .required({ number: true })
  .meta({ id: 'ECheck', description: 'What the register says; its distributor has the number alone.' });
export type ECheckJson = Json<typeof echeck>;

export const echeckPage = pageOf(echeck, 'ECheckPage');

export const echecksQuery = z.strictObject({
  status: checkStatus.optional(),
  orderId: orderId.optional(),
  ...paging,
});

export const validationRequest = z
  .strictObject({ echeck: z.string().min(1).max(8192) })
  .meta({ id: 'ValidationRequest', example: { echeck: 'eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiJjaGVjayJ9.c2lnbmF0dXJl' } });

export const verdict = z
  .object({
    valid: z.boolean(),
    reason: z.enum(CHECK_REFUSALS).optional(),
    status: checkStatus
      .nullable()
      .meta({ description: 'null when the caller is no party of the check, or none is meant.' }),
  })
  .meta({ id: 'Verdict' });
export type VerdictJson = Json<typeof verdict>;

export const stopRequest = z
  .strictObject({ reason: reason.optional() })
  .meta({ id: 'StopRequest', example: { reason: 'the order was a mistake' } });
