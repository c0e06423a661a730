import { z } from 'zod';
import { CHECK_REFUSALS, CHECK_STATUSES } from '../../domain/echeck.ts';
import { DISTRIBUTION_KINDS } from '../../domain/delivery.ts';
import { SETTLE_ON } from '../../domain/order.ts';
import type { EventType } from '../../domain/timeline.ts';
import { checkNumber, compactJws, instant, money, openObject } from '../http/parsing.ts';
import { deliverTo } from '../orders/address.ts';
import { orderRefusal, pricedLine } from '../orders/schema.ts';

/** What an event of a type says: that it happened, and the members of its body. */
interface EventBody {
  readonly meaning: string;
  /** Optional are those that some of the event's readers may not know, and those that an event does not always have. */
  readonly members: z.ZodRawShape;
}

const lines = z.array(pricedLine);
const reason = z.string().optional().meta({ description: 'For whoever may read these words (docs/need-to-know.md).' });
const personal = z.string().nullable().optional();
const eventId = z.string().meta({ description: 'Of the report, as the distributor gave it.' });
const address = deliverTo.nullable().meta({ description: 'null for whoever may not read it (any more).' });
const ending = { reason, refusal: orderRefusal.optional() };
const attentionMembers = z
  .object({ step: z.string(), reason: z.string(), since: instant, waitingOn: z.string() })
  .partial().shape;

/** Every type of event has its row, or this does not compile; a test holds the rows and real events together. */
export const EVENT_BODIES: Readonly<Record<EventType, EventBody>> = {
  order_requested: {
    meaning: 'The buyer has asked for the commodities.',
    members: { sellerId: z.string(), distributorId: z.string(), lines, settleOn: z.enum(SETTLE_ON).optional() },
  },
  charge_obtained: { meaning: "The seller's charge of this moment is known.", members: { charge: money, lines } },
  credit_judged: { meaning: "The buyer's account covers the charge.", members: { good: z.boolean() } },
  seller_verified: {
    meaning: 'The seller is registered, in this version of its registration.',
    members: { sellerId: z.string(), version: z.int() },
  },
  distributor_verified: {
    meaning: 'The distributor is registered, in this version of its registration.',
    members: { distributorId: z.string(), version: z.int() },
  },
  check_issued: {
    meaning: 'The e-check is issued, and the charge is held.',
    members: { number: checkNumber, charge: money, expiresAt: instant },
  },
  check_presented: {
    meaning: 'Check, order and address have come to the seller, in one message.',
    members: {
      number: checkNumber,
      echeck: compactJws.optional(),
      lines,
      deliverTo: address,
      presentation: personal.meta({ description: 'What the terminal has signed, where the check is bound to one.' }),
    },
  },
  check_validated: {
    meaning: 'The check office has found the presented check good.',
    members: { number: checkNumber, valid: z.boolean() },
  },
  check_refused: {
    meaning: 'A presentation was refused; the check can be presented again.',
    members: { valid: z.boolean(), reason: z.enum(CHECK_REFUSALS).optional() },
  },
  distribution_promised: {
    meaning: 'The seller promises the distribution: the notice to the buyer.',
    members: { notice: z.string() },
  },
  payment_indicated: {
    meaning: 'The buyer has indicated the payment to the seller.',
    members: { charge: money.optional() },
  },
  distribution_instructed: {
    meaning: 'The seller has instructed the distributor.',
    members: { lines, deliverTo: address },
  },
  dispatch_scheduled: {
    meaning: 'The distributor has fixed when it delivers; a later one replaces an earlier one.',
    members: { deliverAt: instant },
  },
  distribution_reported: {
    meaning: 'The distributor has reported where the goods are.',
    members: {
      kind: z.enum(DISTRIBUTION_KINDS),
      eventId,
      note: personal,
      receivedBy: personal,
    },
  },
  distribution_completed: {
    meaning: 'The goods are delivered.',
    members: { eventId, deliveredAt: instant, receivedBy: personal },
  },
  completion_notified_seller: {
    meaning: 'The seller knows of the completion.',
    members: { eventId, acknowledgedBy: z.string() },
  },
  completion_notified_office: {
    meaning: 'The check office knows of the completion, which releases the payment.',
    members: { eventId, checkNumber },
  },
  payment_demanded: {
    meaning: 'The payment is demanded, by check and seller.',
    members: {
      echeck: openObject({ number: checkNumber, jws: compactJws.optional() }),
      seller: openObject({ id: z.string() }),
      charge: money,
      reference: z.string().optional().meta({ description: "The seller's own, for the seller." }),
    },
  },
  payment_settled: {
    meaning: 'The seller is paid from the hold.',
    members: { number: checkNumber, amount: money, from: z.string(), to: z.string() },
  },
  check_finalised: { meaning: 'The check is final.', members: { number: checkNumber } },
  order_completed: { meaning: 'The order has ended: delivered and paid.', members: {} },
  order_declined: { meaning: 'The order has ended: the account does not cover the charge.', members: ending },
  order_rejected: { meaning: 'The order has ended: registry, check or seller said no.', members: ending },
  order_expired: {
    meaning: 'The order has ended: its check ran out.',
    members: { ...ending, number: checkNumber.optional() },
  },
  order_cancelled: { meaning: 'The order has ended: it was cancelled, and nothing was paid.', members: ending },
  order_refunded: { meaning: 'The order has ended: what was paid has been given back.', members: ending },
  check_stopped: { meaning: 'The check was stopped; the order ends.', members: { number: checkNumber, reason } },
  check_voided: {
    meaning: 'The check is worth nothing any more, and what was held is free.',
    members: { status: z.enum(CHECK_STATUSES), reason },
  },
  dispatch_cancelled: { meaning: 'The instruction to the distributor is taken back.', members: { reason } },
  payment_refunded: {
    meaning: 'Money was given back to the buyer, in part or all that was left.',
    members: {
      amount: money,
      requested: z.union([z.int(), z.literal('rest')]).meta({ description: 'Minor units, or all that was left.' }),
      reason,
    },
  },
  attention_raised: {
    meaning: 'Something holds the order up, and the check office looks after it; what and why is its own.',
    members: { ...attentionMembers, eventId: z.string().optional(), kind: z.enum(DISTRIBUTION_KINDS).optional() },
  },
  attention_cleared: { meaning: 'The order goes on.', members: attentionMembers },
  intervention_made: {
    meaning: "An operator has done something about the order; what and why is the office's own.",
    members: z.object({ action: z.string(), reason: z.string(), on: z.string(), effect: z.string() }).partial().shape,
  },
  address_read: { meaning: 'The check office has read where the buyer lives.', members: { reason } },
  message_ignored: {
    meaning: 'Temporal brought a message that nobody can read; for operators.',
    members: { message: z.string(), why: z.string(), further: z.string().optional() },
  },
};
