import type { ListPlace } from '../../office/orders/reading.ts';
import { Problem } from './problem.ts';

/** A place in a list as an opaque cursor. */
export function printCursor(place: ListPlace | undefined): string | null {
  return place ? Buffer.from(`${place.createdAt}|${place.id}`).toString('base64url') : null;
}

/** Also as former versions printed it, in the zone of their session: who reads on during an upgrade is not sent back. */
const PLACE = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d(?::\d\d)?))\|(order-[0-9a-z]{26})$/;

/** Reads a cursor back. Throws `invalid-request` for anything that this service has not printed. */
export function readCursor(cursor: string | undefined): ListPlace | undefined {
  if (cursor === undefined) return undefined;
  const [, createdAt, id] = PLACE.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (createdAt === undefined || id === undefined || Number.isNaN(Date.parse(createdAt))) throw invalidCursor();
  return { createdAt, id };
}

export function invalidCursor(): Problem {
  const errors = [{ pointer: '/cursor', detail: 'must be a nextCursor of this list' }];
  return new Problem('invalid-request', 'The cursor is not one of this list: leave it out to start at the top.', {
    extensions: { errors },
  });
}
