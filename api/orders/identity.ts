import { createHash } from 'node:crypto';
import { parseOrderId, type OrderId } from '../../domain/ids.ts';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * The order that a buyer's Idempotency-Key names, permanently: no table has to remember the key, so neither a restart nor
 * Temporal's retention can forget it. `order-` and 26 base32 characters (130 bits) of SHA-256(buyerId, NUL, key).
 */
export function orderIdFor(buyerId: string, idempotencyKey: string): OrderId {
  const digest = createHash('sha256').update(`${buyerId}\0${idempotencyKey}`, 'utf8').digest();
  const id = parseOrderId(`order-${base32(digest, 26)}`);
  if (!id) throw new Error('a base32 digest is always an order id');
  return id;
}

/** The first `length` base32 characters (RFC 4648, lower case) of the bytes. */
function base32(bytes: Uint8Array, length: number): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length }, (_, at) => BASE32[Number.parseInt(bits.slice(at * 5, at * 5 + 5), 2)]).join('');
}
