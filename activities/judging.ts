import { judgeAccount } from '../domain/credit.ts';
import type { Agent, OrderRefusal } from '../domain/order.ts';
import { priceLines, type Pricing } from '../domain/pricing.ts';
import { isEnded } from '../domain/stages.ts';
import { distributorNotRegistered, sellerNotRegistered } from '../office/issuing.ts';
import type { OrderInput } from '../workflows/messages.ts';
import type { OrderDeps } from './deps.ts';

export type Judged<Facts> =
  | ({ readonly kind: 'good' } & Facts)
  | { readonly kind: 'refused'; readonly refusal: OrderRefusal };

/**
 * The four judgements that precede a check. They run in parallel and their questions reach the registers as one statement.
 * They are early answers to people; what is true when the check is issued is judged again inside that transaction.
 *
 * An order that has its check is not judged again. A worker that dies after the check was issued, and before Temporal was
 * told, leaves the workflow to begin anew: it must find its order under way, and not declined by its own hold.
 */
export function createJudgingSteps({ registers }: Pick<OrderDeps, 'registers'>) {
  return {
    /** The seller's charges at this moment, line by line (claim 1). `recorded`: this order has ended before. */
    async priceOrder(input: OrderInput): Promise<Pricing | { kind: 'recorded' }> {
      const [before, offers] = await Promise.all([registers.decided(input.orderId), registers.offers(input.sellerId)]);
      if (!before) return priceLines(input.lines, offers, input.expectedCharge);
      if (isEnded(before.stage)) return { kind: 'recorded' };
      if (!before.charge) throw new Error(`order ${input.orderId} is ${before.stage} and has no charge`);
      return { kind: 'priced', lines: [...before.lines], charge: before.charge };
    },

    /** The buyer's account is open and covers the charge (claim 1). */
    async judgeCredit(input: OrderInput): Promise<Judged<{ agent: Agent }>> {
      const [before, buyer, offers] = await Promise.all([
        registers.decided(input.orderId),
        registers.buyer(input.buyerId),
        registers.offers(input.sellerId),
      ]);
      if (before) return { kind: 'good', agent: buyer?.agent ?? 'auto' };
      const pricing = priceLines(input.lines, offers);
      // What cannot be priced is refused by the step that prices it.
      const refusal = pricing.kind === 'priced' ? judgeAccount(buyer, pricing.charge) : undefined;
      return refusal ? { kind: 'refused', refusal } : { kind: 'good', agent: buyer?.agent ?? 'auto' };
    },

    /** The seller is in the selling office information database, and active (claim 3). */
    async verifySellerRegistration(input: OrderInput): Promise<Judged<{ agent: Agent; version: number }>> {
      const [before, seller] = await Promise.all([registers.decided(input.orderId), registers.seller(input.sellerId)]);
      if (!seller || (!before && seller.status !== 'active'))
        return { kind: 'refused', refusal: sellerNotRegistered(input.sellerId) };
      return { kind: 'good', agent: seller.agent, version: seller.version };
    },

    /** The distributor is in the distributing company information database, and active (claim 10). */
    async verifyDistributorRegistration(input: OrderInput): Promise<Judged<{ agent: Agent; version: number }>> {
      const [before, distributor] = await Promise.all([
        registers.decided(input.orderId),
        registers.distributor(input.distributorId),
      ]);
      if (!distributor || (!before && distributor.status !== 'active'))
        return { kind: 'refused', refusal: distributorNotRegistered(input.distributorId) };
      return { kind: 'good', agent: distributor.agent, version: distributor.version };
    },
  };
}
