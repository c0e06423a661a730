import { z } from 'zod';
import { DECISIONS } from '../../domain/advice.ts';
import { DISTRIBUTION_KINDS } from '../../domain/delivery.ts';
import { money, compactJws, givenInstant, positiveMoney, ownWords, reason, signedText, text } from '../http/parsing.ts';
import { deliverTo } from './address.ts';
import { MOST_ORDER_BYTES, order, orderRequest } from './schema.ts';

const presentationExample = {
  echeck: 'eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiJjaGVjayJ9.c2lnbmF0dXJl',
  lines: [{ sku: 'flour-25kg', quantity: 2 }],
  deliverTo: { name: 'Ada Becker', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' },
};

const wholePresentation = z
  .strictObject({
    echeck: compactJws,
    lines: orderRequest.shape.lines.meta({ description: 'As ordered, in the same order.' }),
    deliverTo: deliverTo.meta({ description: 'As ordered.' }),
  })
  .meta({
    id: 'WholePresentation',
    description: 'Check, order and address in one message (claim 8).',
    example: presentationExample,
  });

const terminalPresentation = z
  .strictObject({
    presentation: signedText(MOST_ORDER_BYTES).meta({
      description:
        'A compact JWS by the key of the order (`typ` presentation+jwt, EdDSA) with the claims `digest` (SHA-256 of the check, base64url), `lines` and `deliverTo`.',
    }),
  })
  .meta({
    id: 'TerminalPresentation',
    description: 'The same as the one signed message of a terminal to which the check is bound (`terminalKey`).',
    example: { presentation: 'eyJ0eXAiOiJwcmVzZW50YXRpb24rand0In0.eyJkaWdlc3QiOiJ4In0.c2lnbmF0dXJl' },
  });

export const presentation = z
  .union([wholePresentation, terminalPresentation])
  .meta({ id: 'Presentation', example: presentationExample });
export type PresentationRequest = z.output<typeof presentation>;

export const paymentIndication = z
  .strictObject({ amount: positiveMoney.optional().meta({ description: 'When given, the charge must equal it.' }) })
  .meta({ id: 'PaymentIndication', example: {} });

export const noBody = z.strictObject({}).meta({ id: 'NoBody', example: {} });

export const withReason = z
  .strictObject({ reason })
  .meta({ id: 'WithReason', example: { reason: 'ordered twice by mistake' } });

export const delivery = z
  .strictObject({ deliverAt: givenInstant.meta({ description: 'Date and time, in the future.' }) })
  .meta({ id: 'DeliverySchedule', example: { deliverAt: '2030-05-06T09:00:00Z' } });

export const distributionEvent = z
  .strictObject({
    eventId: text(100).meta({ description: "The distributor's own id of the event: the same id is the same event." }),
    kind: z.enum(DISTRIBUTION_KINDS),
    occurredAt: givenInstant,
    receivedBy: ownWords(200).optional().meta({ description: 'Who took the goods; kept sealed.' }),
    note: ownWords(500)
      .optional()
      .meta({ description: 'Nothing personal: it is kept as it is sent, also when the buyer is forgotten.' }),
  })
  .meta({
    id: 'DistributionEvent',
    example: { eventId: 'scan-1', kind: 'delivered', occurredAt: '2026-11-24T09:30:00Z', receivedBy: 'Ada Becker' },
  });

export const accepted = z.object({ status: z.literal('accepted') }).meta({ id: 'Accepted' });

export const refundRequest = z
  .strictObject({ amount: positiveMoney.optional().meta({ description: 'Absent: all that is left.' }), reason })
  .meta({ id: 'RefundRequest', example: { reason: 'damaged on arrival' } });

export const refundedOrder = order
  .extend({ refund: z.object({ amount: money, total: money }).meta({ id: 'Refund' }) })
  .meta({ id: 'RefundedOrder' });

export const intervention = z
  .strictObject({ action: z.enum(DECISIONS), reason })
  .meta({ id: 'Intervention', example: { action: 'retry', reason: 'the registry is back' } });
