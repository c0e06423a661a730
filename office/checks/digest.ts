import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { DeliverTo, OrderLine } from '../../domain/order.ts';

/** What a check binds itself to beside the charge: the goods and where they go. */
export interface OrderContent {
  readonly lines: readonly OrderLine[];
  readonly deliverTo: DeliverTo;
  /** Random text kept with the sealed address: without it nobody finds the address by trying likely ones. */
  readonly salt: string;
}

/**
 * SHA-256, base64url, over the canonical JSON (RFC 8785) of lines, address and salt (claims 6, 8).
 * Members beyond the named ones do not count, so a priced line and a plain one have the same digest.
 */
export function orderDigest({ lines, deliverTo, salt }: OrderContent): string {
  const { name, street, city, postalCode, country } = deliverTo;
  return digestOf({
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    deliverTo: { name, street, city, postalCode, country },
    salt,
  });
}

/** SHA-256, base64url, over the canonical JSON of a request body: the order of members and white space do not count. */
export function requestDigest(body: unknown): string {
  return digestOf(body);
}

function digestOf(value: unknown): string {
  const canonical = canonicalize(value);
  if (canonical === undefined) throw new TypeError('a digest needs a JSON value');
  return createHash('sha256').update(canonical, 'utf8').digest('base64url');
}
