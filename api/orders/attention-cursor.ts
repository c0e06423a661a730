import { parseOrderId } from '../../domain/ids.ts';
import { invalidCursor } from '../http/cursor.ts';

/** A place in the list of orders that need a person: since when, and which. */
export interface AttentionPlace {
  /** RFC 3339 in UTC with milliseconds, so that places compare as text. */
  readonly place: string;
  readonly id: string;
}

const PLACE = /^attention\|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\|(.+)$/;

/** A place in that list as an opaque cursor. */
export function printAttentionCursor({ place, id }: AttentionPlace): string {
  return Buffer.from(`attention|${place}|${id}`).toString('base64url');
}

/** Reads a cursor back. Throws `invalid-request` for anything that this list has not printed. */
export function readAttentionCursor(cursor: string | undefined): AttentionPlace | undefined {
  if (cursor === undefined) return undefined;
  const [, place, id] = PLACE.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (place === undefined || id === undefined || !parseOrderId(id)) throw invalidCursor();
  return { place, id };
}

/** Whether an order stands after the place of a cursor. */
export function isAfter(order: AttentionPlace, cursor: AttentionPlace): boolean {
  return order.place > cursor.place || (order.place === cursor.place && order.id > cursor.id);
}
