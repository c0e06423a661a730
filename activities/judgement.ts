import { judgeAccount, priceLines, type Pricing } from '../domain/judgement.ts';
import type { OrderRefusal } from '../domain/order.ts';
import type { Agent } from '../domain/party.ts';
import type { OrderInput } from '../workflows/messages/definitions.ts';
import type { StepDeps } from './deps.ts';

export type Judged<Facts> =
  | ({ readonly kind: 'good' } & Facts)
  | { readonly kind: 'refused'; readonly refusal: OrderRefusal };

/**
 * The four judgements that precede a check. They run in parallel and their questions reach the registry as one statement.
 * They are early answers to people; what is true when the check is issued is judged again inside that transaction.
 *
 * An order that has its check, or has ended, is not judged again: a worker that dies after the check was issued, and before
 * Temporal knows of it, leaves the workflow to begin again. Pricing says so, and the workflow resumes from what is on record.
 */
export function createJudgementSteps({ registry }: Pick<StepDeps, 'registry'>) {
  return {
    /** The seller's charges at this moment, line by line (claim 1). `recorded`: this order was decided before. */
    async priceOrder(input: OrderInput): Promise<Pricing | { kind: 'recorded' }> {
      const [decided, offers] = await Promise.all([registry.decided(input.orderId), registry.offers(input.sellerId)]);
      return decided ? { kind: 'recorded' } : priceLines(input.lines, offers, input.expectedCharge);
    },

    /** The buyer's account is open and covers the charge (claim 1). */
    async judgeCredit(input: OrderInput): Promise<Judged<{ agent: Agent }>> {
      const [buyer, offers] = await Promise.all([registry.buyer(input.buyerId), registry.offers(input.sellerId)]);
      const pricing = priceLines(input.lines, offers);
      // What cannot be priced is refused by the step that prices it.
      const refusal = pricing.kind === 'priced' ? judgeAccount(buyer, pricing.charge) : undefined;
      return refusal ? { kind: 'refused', refusal } : { kind: 'good', agent: buyer?.agent ?? 'auto' };
    },

    /** The seller is in the selling office information database, and active (claim 3). */
    async verifySellerRegistration(input: OrderInput): Promise<Judged<{ agent: Agent; version: number }>> {
      const seller = await registry.seller(input.sellerId);
      if (seller?.status !== 'active') return { kind: 'refused', refusal: sellerNotRegistered(input.sellerId) };
      return { kind: 'good', agent: seller.agent, version: seller.version };
    },

    /** The distributor is in the distributing company information database, and active (claim 10). */
    async verifyDistributorRegistration(input: OrderInput): Promise<Judged<{ agent: Agent; version: number }>> {
      const distributor = await registry.distributor(input.distributorId);
      if (distributor?.status !== 'active')
        return { kind: 'refused', refusal: distributorNotRegistered(input.distributorId) };
      return { kind: 'good', agent: distributor.agent, version: distributor.version };
    },
  };
}

export function sellerNotRegistered(sellerId: string): OrderRefusal {
  return {
    code: 'seller-not-registered',
    detail: `The seller ${sellerId} is not registered and active at the check office.`,
  };
}

export function distributorNotRegistered(distributorId: string): OrderRefusal {
  return {
    code: 'distributor-not-registered',
    detail: `The distributor ${distributorId} is not registered and active at the check office.`,
  };
}
