import { z } from 'zod';
import { entry } from '../accounts/schema.ts';
import type { Json } from '../http/endpoint.ts';
import { CHECK_STATUSES } from '../../domain/echeck.ts';
import { deliverTo, requiredByCountry } from './address.ts';
import { MOST_LINES, PAYMENT_STATUSES, SETTLE_ON, STAGES } from '../../domain/order.ts';
import {
  buyerAgent,
  checkNumber,
  compactJws,
  instant,
  money,
  openObject,
  orderId,
  pageOf,
  partyId,
  positiveMoney,
  sku,
  text,
} from '../http/parsing.ts';

/** Of every path of one order. */
export const orderParams = z.object({ orderId });

export const stage = z.enum(STAGES).meta({ id: 'Stage' });

/** A thousand lines with the longest SKUs, as raw UTF-8. */
export const MOST_ORDER_BYTES = 1024 * 1024;

const line = z
  .strictObject({ sku, quantity: z.int().min(1).max(1_000_000) })
  .meta({ id: 'OrderLine', example: { sku: 'flour-25kg', quantity: 2 } });

/** 32 bytes in the one spelling that base64url has for them. */
const PUBLIC_KEY = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** What a JWK says beside the key itself is not kept: libraries add names and uses (RFC 7517, section 4). */
const terminalKey = z
  .object({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: z.string().regex(PUBLIC_KEY, 'must be the 32 bytes of a public key in base64url'),
    d: z.never('must be left out: it is the private half').optional(),
  })
  .meta({
    id: 'TerminalKey',
    description:
      'The public Ed25519 JWK (RFC 8037) of the terminal that orders. What else it says (kid, alg, use, …) is not looked at.',
    example: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
  });

export const orderRequest = z
  .strictObject({
    sellerId: partyId,
    distributorId: partyId,
    lines: z.array(line).min(1).max(MOST_LINES),
    deliverTo,
    expectedCharge: positiveMoney.optional().meta({ description: 'When given, the charge must equal it.' }),
    presentation: buyerAgent.optional(),
    payment: buyerAgent.optional(),
    settleOn: z.enum(SETTLE_ON).optional().meta({
      description:
        'When the seller is to be paid. Absent: as the seller has it, after the delivery where it leaves the choice.',
    }),
    terminalId: text(100).optional().meta({
      description:
        'The terminal that orders (claim 6): the one that the token names, or the thumbprint of `terminalKey`.',
      example: 'till-7',
    }),
    terminalKey: terminalKey.optional().meta({
      description: 'Binds the check to that key: it is presented by what the key has signed, and by nothing else.',
    }),
  })
  .check(requiredByCountry)
  .meta({
    id: 'OrderRequest',
    example: {
      sellerId: 'seller-mill',
      distributorId: 'distributor-swift',
      lines: [{ sku: 'flour-25kg', quantity: 2 }],
      deliverTo: { name: 'Ada Becker', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' },
    },
  });
export type OrderRequest = z.output<typeof orderRequest>;

export const pricedLine = openObject({
  sku: z.string(),
  quantity: z.int(),
  name: z.string().optional(),
  weightGrams: z.int().optional().meta({ description: 'Of one. Absent in orders of before it was kept.' }),
  handlingHours: z.int().optional(),
  unitPrice: money.optional(),
  total: money.optional(),
}).meta({ id: 'PricedLine', description: 'Without prices for its distributor, and until the order is priced.' });

const attention = z
  .object({ step: z.string(), reason: z.string(), since: instant, waitingOn: z.string() })
  .partial({ step: true, reason: true, waitingOn: true })
  .meta({
    id: 'Attention',
    description:
      'That the check office looks after the order, and since when; for operators also at which step and why.',
  });

const echeckOfOrder = z
  .object({
    number: checkNumber,
    status: z.enum(CHECK_STATUSES),
    expiresAt: instant,
    jws: compactJws.meta({
      description: 'The check itself: for the buyer, and for the seller, who has it from the presentation.',
    }),
  })
  .partial({ status: true, expiresAt: true, jws: true })
  .meta({ id: 'OrderECheck', description: 'A distributor has the number alone.' });

export const orderRefusal = openObject({ code: z.string(), detail: z.string(), reason: z.string().optional() }).meta({
  id: 'OrderRefusal',
});

export const order = z
  .object({
    id: orderId,
    stage,
    attention: attention.nullable(),
    refusal: orderRefusal
      .nullable()
      .meta({ description: 'Why it was refused; a seller sees its own refusal, a distributor none.' }),
    buyerId: z.string(),
    sellerId: z.string(),
    distributorId: z.string(),
    lines: z.array(pricedLine),
    charge: money.nullable().meta({ description: 'null until it is priced, and for the distributor.' }),
    deliverTo: deliverTo.nullable().meta({
      description:
        "null for operators, who read it for a reason (/delivery-address), for the distributor 30 days after the end, and after the buyer's personal data was forgotten.",
    }),
    settleOn: z.enum(SETTLE_ON).nullable().meta({ description: 'null for the distributor.' }),
    echeck: echeckOfOrder.nullable(),
    distribution: z.object({ deliverAt: instant.nullable(), status: z.string() }).nullable(),
    payment: z
      .object({ status: z.enum(PAYMENT_STATUSES), amount: money.nullable() })
      .nullable()
      .meta({ description: 'null for the distributor.' }),
    createdAt: instant,
    updatedAt: instant,
    links: z
      .object({
        self: z.string(),
        timeline: z.string(),
        money: z.string(),
        events: z.string(),
        workflow: z.string().meta({ description: 'Its workflow in the Temporal UI: absolute, for operators.' }),
      })
      .partial({ money: true, workflow: true }),
  })
  .meta({ id: 'Order', description: 'An order as far as whoever asks may know it.' });
export type OrderJson = Json<typeof order>;

/** What is known of an order that needs attention while the database cannot be read: Temporal's visibility alone. */
const attentionOrder = order
  .pick({ id: true, stage: true, attention: true, sellerId: true, distributorId: true, charge: true, links: true })
  .partial({ sellerId: true, distributorId: true })
  .meta({
    id: 'AttentionOrder',
    description: 'An order as Temporal alone knows it, while the database cannot be read.',
  });

/** An intervention answers the order, or what is known of it while the database cannot be read. */
export const interventionAnswer = z.union([order, attentionOrder]);

export const orderPage = pageOf(z.union([order, attentionOrder]), 'OrderPage');

/** What an order's operators read on request. */
export const deliveryAddress = z
  .object({
    orderId,
    deliverTo: deliverTo.nullable().meta({ description: "null after the buyer's personal data was forgotten." }),
    receivedBy: z.string().nullable(),
    notes: z.array(z.object({ eventId: z.string(), note: z.string() })),
  })
  .meta({ id: 'DeliveryAddress' });

const sum = money.nullable().meta({ description: "null on an account that is somebody else's." });

const tracedEntry = entry
  .extend({ balanceBefore: sum, balanceAfter: sum, heldBefore: sum, heldAfter: sum })
  .meta({ id: 'TracedEntry' });

export const moneyTrace = z
  .object({
    orderId,
    entries: z.array(tracedEntry),
    accounts: z.array(z.object({ accountId: z.string(), net: money, held: money })),
    proof: z.object({
      sum: money.nullable().meta({ description: 'The sum of all entries: zero. null when no money was touched.' }),
      held: money.nullable().meta({ description: 'What is still held: zero once the order has ended.' }),
      netsToZero: z.boolean(),
    }),
  })
  .meta({ id: 'MoneyTrace' });
