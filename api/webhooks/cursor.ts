import type { WebhookPlace } from '../../office/webhooks/webhooks.ts';
import { invalidCursor } from '../http/cursor.ts';

/** A place in the list of webhooks as an opaque cursor. */
export function printWebhookCursor(place: WebhookPlace | undefined): string | null {
  return place ? Buffer.from(`${place.createdAtMicros}|${place.id}`).toString('base64url') : null;
}

const PLACE = /^(\d{1,16})\|(webhook-[0-9a-z]{26})$/;

/** Reads a cursor back. Throws `invalid-request` for anything that this service has not printed. */
export function readWebhookCursor(cursor: string | undefined): WebhookPlace | undefined {
  if (cursor === undefined) return undefined;
  const [, createdAtMicros, id] = PLACE.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (createdAtMicros === undefined || id === undefined) throw invalidCursor();
  return { createdAtMicros, id };
}
