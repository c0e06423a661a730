import { createHash } from 'node:crypto';
import { base32nopad } from '@scure/base';
import { parseOrderId, type OrderId } from '../../domain/ids.ts';

/**
 * The order that a buyer's Idempotency-Key names, permanently: no table has to remember the key, so neither a restart nor
 * Temporal's retention can forget it. `order-` and 26 base32 characters (130 bits) of SHA-256(buyerId, NUL, key).
 */
export function orderIdFor(buyerId: string, idempotencyKey: string): OrderId {
  const digest = createHash('sha256').update(`${buyerId}\0${idempotencyKey}`, 'utf8').digest();
  const id = parseOrderId(`order-${base32nopad.encode(digest).slice(0, 26).toLowerCase()}`);
  if (!id) throw new Error('a base32 digest is always an order id');
  return id;
}
