import { z } from 'zod';
import { entry } from '../accounts/schema.ts';
import type { Json } from '../http/endpoint.ts';
import { CHECK_STATUSES } from '../../domain/echeck.ts';
import { deliverTo, requiredByCountry } from './address.ts';
import { PAYMENT_STATUSES, SETTLE_ON, STAGES } from '../../domain/order.ts';
import {
  agent,
  checkNumber,
  compactJws,
  instant,
  money,
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

const line = z
  .strictObject({ sku, quantity: z.int().min(1).max(1_000_000) })
  .meta({ id: 'OrderLine', example: { sku: 'flour-25kg', quantity: 2 } });

export const orderRequest = z
  .strictObject({
    sellerId: partyId,
    distributorId: partyId,
    lines: z.array(line).min(1).max(100),
    deliverTo,
    expectedCharge: positiveMoney.optional().meta({ description: 'When given, the charge must equal it.' }),
    presentation: agent.optional(),
    payment: agent.optional(),
    settleOn: z.enum(SETTLE_ON).default('delivery'),
    terminalId: text(100).optional().meta({ description: 'The terminal that orders (claim 6).', example: 'till-7' }),
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

const pricedLine = z
  .object({
    sku: z.string(),
    quantity: z.int(),
    name: z.string(),
    weightGrams: z.int(),
    handlingHours: z.int(),
    unitPrice: money,
    total: money,
  })
  .partial({ name: true, weightGrams: true, handlingHours: true, unitPrice: true, total: true })
  .meta({ id: 'PricedLine' });

const attention = z
  .object({ step: z.string(), reason: z.string(), since: instant, waitingOn: z.string() })
  .meta({ id: 'Attention', description: 'Why the order needs a person.' });

const echeckOfOrder = z
  .object({
    number: checkNumber,
    status: z.enum(CHECK_STATUSES),
    expiresAt: instant,
    jws: compactJws
      .optional()
      .meta({ description: 'For the buyer, the check office, and the seller after presentation.' }),
  })
  .meta({ id: 'OrderECheck' });

export const order = z
  .object({
    id: orderId,
    stage,
    attention: attention.nullable(),
    refusal: z.object({ code: z.string(), detail: z.string(), reason: z.string().optional() }).nullable(),
    buyerId: z.string(),
    sellerId: z.string(),
    distributorId: z.string(),
    lines: z.array(pricedLine),
    charge: money.nullable(),
    deliverTo: deliverTo.nullable().meta({ description: "null after the buyer's personal data was forgotten." }),
    settleOn: z.enum(SETTLE_ON),
    echeck: echeckOfOrder.nullable(),
    distribution: z.object({ deliverAt: instant.nullable(), status: z.string() }).nullable(),
    payment: z.object({ status: z.enum(PAYMENT_STATUSES), amount: money.nullable() }),
    createdAt: instant,
    updatedAt: instant,
    links: z.object({ self: z.string(), timeline: z.string(), money: z.string(), events: z.string() }),
  })
  .meta({ id: 'Order' });
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

export const timeline = z
  .object({
    data: z.array(
      z
        .object({
          id: z.string(),
          type: z.string(),
          occurredAt: instant,
          actor: z.string(),
          recipient: z.string().nullable(),
          body: z.record(z.string(), z.unknown()),
          claims: z.array(z.int()),
        })
        .meta({ id: 'TimelineEvent' }),
    ),
  })
  .meta({ id: 'Timeline' });

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
