import { ORDER_ID, WEBHOOK_ID } from '../../domain/ids.ts';
import { skuFault } from '../../domain/sku.ts';
import { keptInstant } from '../../domain/instant.ts';
import type { WaitingPlace } from '../../office/attention/index.ts';
import type { ListPlace } from '../../office/orders/index.ts';
import { IDENTITY_ID } from '../../office/registry/index.ts';
import type { WebhookPlace } from '../../office/webhooks/index.ts';
import { type Problem, invalidField } from './problem.ts';
import { PARTY_ID } from './parsing.ts';

/** The positions in one list as opaque cursors. */
export interface CursorCodec<Position> {
  /** `null` on the last page. */
  print(position: Position | undefined): string | null;
  /** Throws `invalid-request` for anything that this list has not printed. */
  read(cursor: string | undefined): Position | undefined;
}

/** Also as former versions printed it, in the zone of their session: who reads on during an upgrade is not sent back. */
const TIME = /^(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4])(?::[0-5]\d)?)$/;
/** One that PostgreSQL reads, too: `Date.parse` takes the 31st of February for a day of March. */
function isTime(text: string): boolean {
  const [, day] = TIME.exec(text) ?? [];
  return (
    day !== undefined && keptInstant(text) !== undefined && keptInstant(`${day}T00:00:00Z`)?.startsWith(day) === true
  );
}
/** As the service itself prints a time. */
const isUtcMillisecond = (text: string) => keptInstant(text) === text;
const isLike = (pattern: RegExp) => (text: string) => pattern.test(text);

/** A position in the list of orders that need a person: since when, and which. Positions compare as text. */
export interface AttentionPosition {
  /** RFC 3339 in UTC with milliseconds. */
  readonly place: string;
  readonly id: string;
}

export const orderCursor = codec<ListPlace>({ createdAt: isTime, id: isLike(ORDER_ID) });
export const attentionCursor = codec<AttentionPosition>({ place: isUtcMillisecond, id: isLike(ORDER_ID) }, 'attention');
export const waitingCursor = codec<WaitingPlace>({ since: isTime, id: isLike(ORDER_ID) }, 'waiting');
export const accountCursor = codec<{ readonly id: string }>({ id: isLike(PARTY_ID) }, 'accounts');
export const checkCursor = codec<{ readonly statusIndex: string }>({ statusIndex: isLike(/^[0-9]{1,18}$/) }, 'echecks');
export const webhookCursor = codec<WebhookPlace>({
  createdAtMicros: isLike(/^\d{1,16}$/),
  id: isLike(WEBHOOK_ID),
});
export const registryCursor = codec<{ readonly id: string }>({ id: isLike(PARTY_ID) }, 'registry');
export const identityCursor = codec<{ readonly id: string }>({ id: isLike(IDENTITY_ID) }, 'identities');
const isEntryId = isLike(/^[1-9][0-9]{0,17}$/);
export const entryCursor = codec<{ readonly id: string }>({ id: isEntryId });
/** With the end of the period: all pages are of one statement, also of one that ends now. */
export const statementCursor = codec<{ readonly id: string; readonly to: string }>(
  { id: isEntryId, to: isUtcMillisecond },
  'statement',
);

const OFFERS = 'offers|';
/** The last SKU of a page of offers, which may hold whatever separates the fields of other cursors. */
export const offerCursor: CursorCodec<{ readonly sku: string }> = {
  print: (position) => (position ? Buffer.from(`${OFFERS}${position.sku}`).toString('base64url') : null),
  read(cursor) {
    if (cursor === undefined) return undefined;
    const text = Buffer.from(cursor, 'base64url').toString();
    const sku = text.slice(OFFERS.length);
    if (!text.startsWith(OFFERS) || skuFault(sku) !== undefined) throw invalidCursor();
    return { sku };
  },
};

/** A position's fields in their order, after the list's name where it has one, joined by `|`. */
function codec<Position extends { readonly [Field in keyof Position]: string }>(
  fields: { readonly [Field in keyof Position]: (text: string) => boolean },
  list?: string,
): CursorCodec<Position> {
  const names = Object.keys(fields) as (keyof Position)[];
  const prefix = list === undefined ? [] : [list];
  return {
    print: (position) =>
      position
        ? Buffer.from([...prefix, ...names.map((name) => position[name])].join('|')).toString('base64url')
        : null,
    read(cursor) {
      if (cursor === undefined) return undefined;
      const texts = Buffer.from(cursor, 'base64url').toString().split('|');
      const found = texts.splice(0, prefix.length).join() === prefix.join() && texts.length === names.length;
      if (!found || !names.every((name, at) => fields[name](texts[at] ?? ''))) throw invalidCursor();
      return Object.fromEntries(names.map((name, at) => [name, texts[at]])) as unknown as Position;
    },
  };
}

function invalidCursor(): Problem {
  const sentence = 'The cursor is not one of this list: leave it out to start at the top.';
  return invalidField('/cursor', 'must be a nextCursor of this list', sentence);
}
