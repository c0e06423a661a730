import { z } from 'zod';
import { keptInstant, KEPT_YEARS } from '../../domain/instant.ts';
import { CHECK_NUMBER, ORDER_ID, type CheckNumber, type OrderId } from '../../domain/ids.ts';
import { CURRENCIES } from '../../domain/money.ts';
import { AGENTS } from '../../domain/party.ts';

/** The largest sum that one request may name: far beyond any order, far below what sums could overflow. */
export const MAX_AMOUNT = 1_000_000_000_000;

/** Text for people: no control characters (PostgreSQL takes no NUL), does not start with a blank. */
export function text(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .regex(PLAIN_TEXT, 'must not hold control characters or start with a blank')
    .refine((value) => !/\p{Surrogate}/u.test(value), 'must be well-formed Unicode');
}

/** Written as escapes that every JSON Schema engine reads alike, which `\p{Cc}` is not. */
const PLAIN_TEXT = new RegExp(String.raw`^[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$`);

export const PARTY_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const partyId = z.string().regex(PARTY_ID, 'must be 1 to 64 of a-z 0-9 . _ -').meta({
  id: 'PartyId',
  description: 'The id of a party, which is also the id of its account.',
  example: 'seller-mill',
});

/** Text that is an id of its kind from here on: nobody behind the edge parses it again. */
function idText<Id extends string>(pattern: RegExp): z.ZodType<Id, string> {
  return z.string().regex(pattern) as unknown as z.ZodType<Id, string>;
}

export const orderId = idText<OrderId>(ORDER_ID).meta({ id: 'OrderId', example: 'order-4j7q2m5x3v6w2y4z5a6b7c2d3e' });

export const checkNumber = idText<CheckNumber>(CHECK_NUMBER).meta({
  id: 'CheckNumber',
  example: 'check-4j7q2m5x3v6w2y4z5a6b7c2d3e',
});

export const sku = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -')
  .meta({ id: 'Sku', example: 'flour-25kg' });

const currency = z.enum(CURRENCIES).meta({ id: 'Currency', description: 'ISO 4217.' });

export const money = z
  .strictObject({
    amount: z.int().meta({ description: 'Integer minor units (cents for EUR).' }),
    currency,
  })
  .meta({ id: 'Money', example: { amount: 4500, currency: 'EUR' } });

export const positiveMoney = z
  .strictObject({ amount: z.int().min(1).max(MAX_AMOUNT), currency })
  .meta({ id: 'PositiveMoney', example: { amount: 4500, currency: 'EUR' } });

export const creditLimit = z
  .strictObject({ amount: z.int().min(0).max(MAX_AMOUNT), currency })
  .meta({ id: 'CreditLimit', example: { amount: 100_000, currency: 'EUR' } });

/** RFC 3339, as answers show it: always UTC. */
export const instant = z.iso.datetime({ offset: true }).meta({ example: '2026-11-23T10:00:00.000Z' });

/** A time that a request brings: with any offset, made UTC here, for PostgreSQL reads fewer offsets than RFC 3339 has. */
export const givenInstant = instant
  .refine((given) => keptInstant(given) !== undefined, `must lie in ${KEPT_YEARS}`)
  .overwrite((given) => keptInstant(given) ?? given);

export const reason = text(500).meta({ id: 'Reason', example: 'ordered twice by mistake' });

export const agent = z.enum(AGENTS).meta({
  id: 'Agent',
  description: '`auto`: the service acts for the party at once; `manual`: it waits for the party.',
});

export const compactJws = z
  .string()
  .max(8192)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, 'must be a compact JWS')
  .meta({ id: 'CompactJws', description: 'The signed e-check, exactly as it was issued.' });

export const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(100)
  .default(20)
  .meta({
    description: 'How many, at most 100.',
    override: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
  });

/** What every list takes that has pages. */
export const paging = { limit, cursor: z.string().max(200).optional() };

/** A list, as every list of this API. `nextCursor` is null on the last page. */
export function listOf<Item extends z.ZodType>(item: Item, id: string) {
  return z.object({ data: z.array(item) }).meta({ id });
}

export function pageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z
    .object({ data: z.array(item), nextCursor: z.string().nullable().meta({ description: 'null on the last page.' }) })
    .meta({ id });
}
