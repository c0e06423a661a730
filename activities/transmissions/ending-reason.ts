import type { Ending } from '../../domain/order.ts';
import { SERVICE } from '../../domain/need-to-know.ts';
import type { TradingParty } from '../../domain/suspension.ts';

/** Who takes part in the order. */
interface Parties {
  readonly buyerId: string;
  readonly sellerId: string;
  readonly distributorId: string;
}

/**
 * Why the order ended, as its seller or distributor may know it: in its own words or the service's, otherwise only who ended it. What
 * a buyer or an operator wrote is not theirs to read (docs/need-to-know.md).
 */
export function reasonFor(reader: TradingParty, { reason, actor }: Ending, parties: Parties): string {
  const { buyerId, sellerId, distributorId } = parties;
  const own = reader === 'seller' ? sellerId : distributorId;
  if (actor === own || SERVICE.includes(actor)) return reason;
  if (actor === buyerId) return 'The buyer has cancelled the order.';
  if (actor === sellerId) return 'The seller does not deliver the order.';
  if (actor === distributorId) return 'The distributor does not deliver the goods.';
  return 'The check office has ended the order.';
}
