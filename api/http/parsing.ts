import express, { type RequestHandler } from 'express';
import { z } from 'zod';
import { Problem, type FieldError, invalidField } from './problem.ts';
import { countryFault } from '../../domain/address.ts';
import { keptInstant, KEPT_YEARS } from '../../domain/instant.ts';
import { CHECK_NUMBER, ORDER_ID, type CheckNumber, type OrderId } from '../../domain/ids.ts';
import { CURRENCIES } from '../../domain/money.ts';
import { AGENTS, BUYER_AGENTS, RESERVED_PARTY_IDS } from '../../domain/party.ts';
import { skuFault, spelledSku } from '../../domain/sku.ts';
import { isPlaceholder, textFault } from '../../domain/text.ts';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_DEPTH = 16;
/** A request of thousands of lines that do not fit is answered with the first of its errors. */
const MAX_ERRORS = 100;
/** So many of them stand in the sentence; all are in `errors`. */
const MOST_NAMED = 5;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads the body as JSON, within limits: size, UTF-8, nesting, content type. Sets `request.body`. */
export function jsonBody(maxBytes = MAX_BODY_BYTES): RequestHandler[] {
  return [refuseOtherContent, express.raw({ type: () => true, limit: maxBytes }), parseJson];
}

const refuseOtherContent: RequestHandler = (request, _response, next) => {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  if (!hasBody || isJson(request.headers['content-type'])) return next();
  const sent = request.headers['content-type'] ?? 'none';
  throw new Problem(
    'unsupported-media-type',
    `The body must be application/json in UTF-8; the Content-Type is ${sent}.`,
  );
};

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?$/i;

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && JSON_TYPE.test(contentType.trim());
}

const parseJson: RequestHandler = (request, _response, next) => {
  const bytes: unknown = request.body;
  request.body = Buffer.isBuffer(bytes) && bytes.length > 0 ? parseBytes(bytes) : undefined;
  next();
};

function parseBytes(bytes: Buffer): unknown {
  const json = decode(bytes);
  if (depthOf(json) > MAX_DEPTH)
    throw new Problem('malformed-request', `The JSON is nested deeper than ${MAX_DEPTH} levels.`);
  try {
    return JSON.parse(json);
  } catch {
    throw new Problem('malformed-request', 'The body is not valid JSON.');
  }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem('malformed-request', 'The body is not valid UTF-8.');
  }
}

/** The deepest nesting of a JSON text, found without parsing it, in one pass: brackets outside strings. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') inString = !inString;
    else if (inString && character === '\\') at++;
    else if (!inString && (character === '[' || character === '{')) deepest = Math.max(deepest, ++depth);
    else if (!inString && (character === ']' || character === '}')) depth--;
  }
  return deepest;
}

/** Parses one part of a request. Throws `invalid-request` that names every place which does not fit. */
export function parsePart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: 'body' | 'query',
): z.infer<Schema> {
  const result = schema.safeParse(value, { error: messageOf });
  if (result.success) return result.data;
  const found = result.error.issues.flatMap(fieldErrors);
  const errors = found.slice(0, MAX_ERRORS);
  const named = errors.slice(0, MOST_NAMED).map(({ pointer, detail }) => `${pointer || 'the document'}: ${detail}`);
  const more = found.length > named.length ? '; …' : '';
  const detail = `${found.length === 1 ? 'One place' : `${found.length} places`} in the ${place} did not fit: ${named.join('; ')}${more}.`;
  throw new Problem('invalid-request', detail, { extensions: { errors } });
}

/** An unknown key is an error at its own pointer, so that a misspelt optional field is not silently ignored. */
function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'invalid_union' && issue.message === SEVERAL_FORMS) return closestOf(issue).flatMap(fieldErrors);
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerTo(issue.path), detail: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: 'is no field of this request' }));
}

/** Of several forms that a part may have, what is wrong with it as the form that knows most of its members: the first of those. */
function closestOf({ errors, path }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] {
  const unknown = (form: readonly z.core.$ZodIssue[]): number =>
    form.reduce((count, issue) => count + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0);
  const [closest = []] = errors.toSorted((one, other) => unknown(one) - unknown(other));
  return closest.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
}

/** RFC 6901. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a JSON object',
};

/** Says in plain words what is wrong at a place of a request. `undefined` leaves it to zod's own message. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value'))
    return 'is required';
  if (issue.code === 'invalid_type') return `must be ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be ${oneOf(issue.values.map(String))}`;
  if (issue.code === 'invalid_union') return SEVERAL_FORMS;
  if (issue.code === 'too_small') return bound('at least', issue.origin, Number(issue.minimum));
  if (issue.code === 'too_big') return bound('at most', issue.origin, Number(issue.maximum));
  if (issue.code !== 'invalid_format') return undefined;
  return issue.format === 'datetime' ? 'must be a time such as 2026-11-24T09:30:00Z' : undefined;
}

/** Of a part that may have several forms and no words of its own for that: the closest one says what is wrong. */
const SEVERAL_FORMS = 'fits none of its forms';

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;
}

function bound(words: string, origin: string, limit: number): string {
  if (origin === 'string') return `must have ${words} ${limit} character${limit === 1 ? '' : 's'}`;
  if (origin === 'array') return `must have ${words} ${limit} item${limit === 1 ? '' : 's'}`;
  return `must be ${words} ${limit}`;
}

/** The largest sum that one request may name: far beyond any order, far below what sums could overflow. */
const MAX_AMOUNT = 1_000_000_000_000;

/**
 * Text for people, as `domain/text.ts` has it: something to be seen, nothing invisible, at most `maxLength` characters
 * (code points); with `lines`, on several lines.
 */
export function text(maxLength: number, { lines = false } = {}) {
  return judged((value) => textFault(value, { maxLength, lines })).meta(textForm(maxLength, lines));
}

/** A text that is judged by a function of `domain/`, which says what is wrong, or nothing. */
export function judged(faultOf: (value: string) => string | undefined) {
  return z.string().check((context) => {
    const message = faultOf(context.value);
    // Not the end of the parsing: whatever else is wrong is said at once.
    if (message !== undefined) context.issues.push({ code: 'custom', message, input: context.value, continue: true });
  });
}

/** What a JSON Schema says of such a text: as escapes that every engine reads alike, which `\p{Cc}` is not. */
export function textForm(maxLength: number, lines = false) {
  return { minLength: 1, maxLength, pattern: lines ? SEVERAL_LINES : ONE_LINE };
}

const ONE_LINE = String.raw`^[^\u0000-\u001F\u007F-\u009F]*$`;
const SEVERAL_LINES = String.raw`^[^\u0000-\u0008\u000B-\u001F\u007F-\u009F]*$`;

export const country = judged(countryFault).meta({
  id: 'Country',
  description: 'ISO 3166-1 alpha-2.',
  pattern: '^[A-Z]{2}$',
  example: 'DE',
});

export const PARTY_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const partyId = z.string().regex(PARTY_ID, 'must be 1 to 64 of a-z 0-9 . _ -').meta({
  id: 'PartyId',
  description: 'The id of a party, which is also the id of its account.',
  example: 'seller-mill',
});

/** The id of a party that is to be. Ids that stand for the service itself in records are nobody's. */
export const newPartyId = partyId.refine((id) => !RESERVED_PARTY_IDS.includes(id), {
  error: ({ input }) => `must not be ${String(input)}: that id is reserved`,
});

/**
 * The same for an id that stands in a path, unless somebody has had it since a former version: who is there can still be changed, and
 * suspended. Throws `invalid-request`.
 */
export async function requireFreeId(id: string, pointer: string, isThere: () => Promise<boolean>): Promise<void> {
  if (!RESERVED_PARTY_IDS.includes(id) || (await isThere())) return;
  const sentence = `The id ${id} is reserved: it stands for the service itself in records.`;
  throw invalidField(pointer, `must not be ${id}: that id is reserved`, sentence);
}

/** Text that is an id of its kind from here on: nobody behind the edge parses it again. `form`: what it must be. */
function idText<Id extends string>(pattern: RegExp, form: string): z.ZodType<Id, string> {
  return z.string().regex(pattern, form) as unknown as z.ZodType<Id, string>;
}

export const orderId = idText<OrderId>(ORDER_ID, 'must be order- and 26 of a-z 0-9').meta({
  id: 'OrderId',
  example: 'order-4j7q2m5x3v6w2y4z5a6b7c2d3e',
});

export const checkNumber = idText<CheckNumber>(CHECK_NUMBER, 'must be check- and 26 of a-z 0-9').meta({
  id: 'CheckNumber',
  example: 'check-4j7q2m5x3v6w2y4z5a6b7c2d3e',
});

export const sku = judged(skuFault)
  .overwrite(spelledSku)
  .meta({
    id: 'Sku',
    description:
      "The seller's own name of a commodity, compared in Unicode's NFC. In a path or a query it is percent-encoded.",
    minLength: 1,
    maxLength: 100,
    pattern: String.raw`^[^\u0000-\u0020\u007F-\u00A0]([^\u0000-\u001F\u007F-\u00A0]*[^\u0000-\u0020\u007F-\u00A0])?$`,
    example: 'flour-25kg',
  });

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
export const instant = z.iso.datetime({ offset: true, abort: true }).meta({ example: '2026-11-23T10:00:00.000Z' });

/** A time that a request brings: with any offset, made UTC here, for PostgreSQL reads fewer offsets than RFC 3339 has. */
export const givenInstant = instant
  .refine((given) => keptInstant(given) !== undefined, `must lie in ${KEPT_YEARS}`)
  .overwrite((given) => keptInstant(given) ?? given);

const DAY = /^\d{4}-\d\d-\d\d$/;

/** A time that a request brings, or a day, which stands for its first moment in UTC. */
export const givenMoment = z
  .union(
    [givenInstant, z.iso.date({ abort: true })],
    'must be a time such as 2026-11-24T09:30:00Z, or a day such as 2026-11-24',
  )
  .transform((given) => (DAY.test(given) ? keptInstant(`${given}T00:00:00Z`) : given))
  .pipe(z.string(`must lie in ${KEPT_YEARS}`));

/** Somebody's own words on what happens to an order, of at most `maxLength` characters. */
export function ownWords(maxLength: number) {
  return judged((value) => {
    const fault = textFault(value, { maxLength });
    return fault ?? (isPlaceholder(value) ? 'must be your own words, not a placeholder' : undefined);
  }).meta(textForm(maxLength));
}

export const reason = ownWords(500).meta({ id: 'Reason', example: 'ordered twice by mistake' });

export const agent = z.enum(AGENTS).meta({
  id: 'Agent',
  description:
    '`auto`: the service acts for the party at once; `manual`: it waits for the party; `site`: it sends signed messages to its server.',
});

export const buyerAgent = z.enum(BUYER_AGENTS).meta({
  id: 'BuyerAgent',
  description: '`auto`: the service acts for the buyer at once; `manual`: it waits for the buyer.',
});

/** A compact JWS of at most so many characters. */
export function signedText(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, 'must be a compact JWS');
}

export const compactJws = signedText(8192).meta({
  id: 'CompactJws',
  description: 'The signed e-check, exactly as it was issued.',
});

export const limit = wholeNumberUpTo(100, 20);

/** What every list takes that has pages. */
export const paging = { limit, cursor: z.string().max(200).optional() };

/** An object to which members may be added: its schema does not say that there are no others, in answers as in what is sent. */
export function openObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape).meta({ override: ({ jsonSchema }) => void delete jsonSchema.additionalProperties });
}

/** A list, as every list of this API. `nextCursor` is null on the last page. */
export function listOf<Item extends z.ZodType>(item: Item, id: string) {
  return z.object({ data: z.array(item) }).meta({ id });
}

/** What a list takes whose items are small: whoever says nothing gets a thousand. */
export const largePaging = pagingUpTo(1_000);

/** Paging of at most so many, which is also the default. */
export function pagingUpTo(most: number) {
  return {
    limit: wholeNumberUpTo(most, most),
    // A hundred characters of four bytes each, in base64url.
    cursor: z.string().max(600).optional(),
  };
}

/** How many, in a query: digits alone, from 1. */
function wholeNumberUpTo(most: number, byDefault: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from 1 to ${most}`)
    .transform(Number)
    .pipe(z.number().min(1).max(most))
    .default(byDefault)
    .meta({
      description: `How many, at most ${most}.`,
      override: { type: 'integer', minimum: 1, maximum: most, default: byDefault },
    });
}

export function pageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z
    .object({ data: z.array(item), nextCursor: z.string().nullable().meta({ description: 'null on the last page.' }) })
    .meta({ id });
}
