import { z } from 'zod';
import { DISTRIBUTION_KINDS, type SituationReport } from '../../domain/delivery.ts';
import { parseOrderId } from '../../domain/ids.ts';
import { keptInstant } from '../../domain/instant.ts';
import { MOST_LINES, SETTLE_ON } from '../../domain/order.ts';
import { ROLES } from '../../domain/party.ts';
import { isPlaceholder } from '../../domain/text.ts';
import type { OrderInput } from './order-input.ts';

/*
 * What messages must look like before a handler reads them: anyone at the plain CLI may send anything, and a handler that
 * stumbles would hold up the whole order. Each message of an issue follows the name of its field.
 */

const A_TEXT = 'must be text of 1 to 500 characters, not a placeholder';
/** Neither NUL nor half a character, both of which PostgreSQL refuses. */
const READABLE = /^(?:[^\p{Cc}\p{Cs}]|[\n\t]){1,500}$/u;
/** One line or several, for people. */
const text = z
  .string(A_TEXT)
  .regex(READABLE, A_TEXT)
  .refine((said) => !isPlaceholder(said), A_TEXT);

const A_TOKEN = 'must be a compact JWS or JWE';
/** A signed or sealed value. */
const token = z.string(A_TOKEN).regex(/^[\w.-]{1,8192}$/, A_TOKEN);

const A_TIME = 'must be a time, RFC 3339';
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/;
/** A time that the service keeps, read into UTC. */
const instant = z
  .string(A_TIME)
  .regex(RFC_3339, A_TIME)
  .transform((time, context) => {
    const kept = keptInstant(time);
    if (kept === undefined) context.addIssue(A_TIME);
    return kept ?? z.NEVER;
  });

/** A sealed address: its parts may be long, and not all of them Latin. */
const sealedAddress = z.string(A_TOKEN).regex(/^[\w.-]{1,65536}$/, A_TOKEN);

/** A sealed message of as many lines as an order may have. */
const sealedPresentation = z.string(A_TOKEN).regex(/^[\w.-]{1,2000000}$/, A_TOKEN);

/** Absent, or null as some clients have it. */
function optional<Field extends z.ZodType>(field: Field) {
  return field.nullish().transform((value) => value ?? undefined);
}

function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, {
    error: (issue) => (issue.code === 'invalid_value' ? `must be one of ${issue.values.join(', ')}` : undefined),
  });
}

function message<Fields extends z.ZodRawShape>(fields: Fields) {
  return z.object(fields, `must be a JSON object with ${Object.keys(fields).join(', ')}`);
}

/** Who speaks: absent when somebody uses the plain `temporal` CLI or the Temporal UI. */
const spoken = { actor: optional(text) };

const awaitDecision = message({ requestDigest: token });
const someLines = z.array(z.object({ sku: z.string(), quantity: z.int() })).max(MOST_LINES);
/**
 * `echeck` is the compact JWS that the buyer holds; without lines or an address those given with the order are meant.
 * `presentationSealed` is a bound terminal's own signed message, which says all of it.
 */
const present = message({
  echeck: optional(token),
  lines: optional(someLines),
  deliverToSealed: optional(sealedAddress),
  presentationSealed: optional(sealedPresentation),
  ...spoken,
}).refine(({ echeck, presentationSealed }) => (echeck ?? presentationSealed) !== undefined, {
  path: ['echeck'],
  message: A_TOKEN,
});
const accept = message(spoken);
const refuse = message({ reason: text, ...spoken });
const indicatePayment = message(spoken);
/** The seller's own demand (claims 5, 7): the check that it holds, and its reference, where it has one. */
const demandPayment = message({ echeck: token, actor: text, reference: optional(text) });
const schedule = message({ deliverAt: instant, ...spoken });
const cancel = message({ reason: text, role: optional(oneOf(ROLES).exclude(['distributor'])), ...spoken });
const intervene = message({
  reason: text,
  action: oneOf(['retry', 'abort', 'override_credit']),
  ...spoken,
});

const AN_EVENT_ID = 'must be text of 1 to 200 characters';
const anEventId = z.string(AN_EVENT_ID).regex(READABLE, AN_EVENT_ID).max(200, AN_EVENT_ID);
/** Only a JWE is kept: a name in plain text, typed by hand, has no place in the database. */
const sealed = token.regex(/^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/);

/** Personal data, `receivedBy`, is sealed (a JWE) by the API before it signals. */
const deliveryConfirmed = message({
  eventId: anEventId,
  deliveredAt: instant,
  receivedBy: optional(sealed).catch(undefined),
}).transform(({ deliveredAt, receivedBy, ...said }): SituationReport => ({
  ...said,
  kind: 'delivered',
  occurredAt: deliveredAt,
  ...(receivedBy !== undefined && { receivedBySealed: receivedBy }),
}));
const distributionEvent = message({
  kind: oneOf(DISTRIBUTION_KINDS).exclude(['delivered']),
  eventId: anEventId,
  occurredAt: instant,
  note: optional(z.string().regex(READABLE)).catch(undefined),
}).transform(({ eventId, kind, occurredAt, note }): SituationReport => ({
  eventId,
  kind,
  occurredAt,
  ...(note !== undefined && { note }),
}));

const given = z.string('is missing or is not text').min(1, 'is missing');
/** What an order cannot begin without. */
const orderInput = z.object(
  {
    orderId: given.refine((id) => parseOrderId(id) !== undefined, 'is not an order id'),
    requestDigest: given,
    buyerId: given,
    terminalId: given,
    terminalKey: z
      .object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: given }, 'is no Ed25519 key')
      .optional(),
    sellerId: given,
    distributorId: given,
    deliverToSealed: given,
    orderDigest: given,
    settleOn: z.enum(SETTLE_ON, `must be ${SETTLE_ON.join(' or ')}`).optional(),
    requestedAt: given,
    lines: z.array(z.unknown(), 'are missing').min(1, 'are empty'),
  } satisfies { [Name in keyof OrderInput]?: z.ZodType },
  'is not a JSON object',
);

export type AwaitDecisionMessage = z.input<typeof awaitDecision>;
export type PresentMessage = z.input<typeof present>;
export type AcceptMessage = z.input<typeof accept>;
export type RefuseMessage = z.input<typeof refuse>;
export type IndicatePaymentMessage = z.input<typeof indicatePayment>;
export type DemandPaymentMessage = z.input<typeof demandPayment>;
export type ScheduleMessage = z.input<typeof schedule>;
export type CancelMessage = z.input<typeof cancel>;
export type InterveneMessage = z.input<typeof intervene>;
export type DeliveryConfirmed = z.input<typeof deliveryConfirmed>;
export type DistributionEvent = z.input<typeof distributionEvent>;

/** What a message says, or what is wrong with it, in words for its sender. */
export type Parsed<Message> = { readonly message: Message; readonly wrong?: undefined } | { readonly wrong: string };
export type Parser<Message> = (said: unknown) => Parsed<Message>;
export type MessageOf<Parse> = Parse extends Parser<infer Message> ? Message : never;

export const parseAwaitDecision = parser(awaitDecision);
export const parsePresent = parser(present);
export const parseAccept = parser(accept);
export const parseRefuse = parser(refuse);
export const parseIndicatePayment = parser(indicatePayment);
export const parseDemandPayment = parser(demandPayment);
export const parseSchedule = parser(schedule);
export const parseCancel = parser(cancel);
export const parseIntervene = parser(intervene);
export const parseDeliveryConfirmed = parser(deliveryConfirmed);
export const parseDistributionEvent = parser(distributionEvent);
export const parseOrderInput = parser(orderInput);

/** The worker freezes what its workflows export, and a schema gets its methods when they are first used: it stays in here. */
function parser<Schema extends z.ZodType>(schema: Schema): Parser<z.output<Schema>> {
  return (said) => {
    const { data, error } = schema.safeParse(said);
    if (!error) return { message: data };
    const [issue] = error.issues;
    return { wrong: `${issue?.path.join('.') || 'the message'} ${issue?.message ?? 'cannot be read'}` };
  };
}
