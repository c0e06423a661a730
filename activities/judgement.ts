import { planDispatch, type Consignment, type Parcel } from '../domain/dispatch.ts';
import { judgeAccount, priceLines, type Offer, type Pricing } from '../domain/judgement.ts';
import type { DeliverTo, OrderLine, OrderRefusal, SettleOn } from '../domain/order.ts';
import type { Agent } from '../domain/party.ts';
import { settlementFor, type PaymentDemanding } from '../domain/settlement.ts';
import type { RegistryLookups } from '../office/registry/index.ts';
import type { OrderInput } from '../workflows/messages/definitions.ts';
import type { StepDeps } from './deps.ts';

export type Judged<Facts> =
  | ({ readonly kind: 'good' } & Facts)
  | { readonly kind: 'refused'; readonly refusal: OrderRefusal };

/** What of a seller's registration an order goes by. An answer of before 29 November 2026 says nothing of its payment. */
interface SellerTerms {
  readonly agent: Agent;
  readonly version: number;
  readonly settleOn?: SettleOn;
  readonly paymentDemand?: PaymentDemanding;
}

/**
 * The four judgements that precede a check. They run in parallel and their questions reach the registry as one statement.
 * They are early answers to people; what is true when the check is issued is judged again inside that transaction.
 *
 * An order that has its check, or has ended, is not judged again: a worker that dies after the check was issued, and before
 * Temporal knows of it, leaves the workflow to begin again. Pricing says so, and the workflow resumes from what is on record.
 */
export function createJudgementSteps({ registry, sealer, clock }: Pick<StepDeps, 'registry' | 'sealer' | 'clock'>) {
  return {
    /** The seller's charges at this moment, line by line (claim 1). `recorded`: this order was decided before. */
    async priceOrder(input: OrderInput): Promise<Pricing | { kind: 'recorded' }> {
      const [decided, offers] = await Promise.all([registry.decided(input.orderId), offersFor(registry, input)]);
      return decided ? { kind: 'recorded' } : priceLines(input.lines, offers, input.expectedCharge);
    },

    /** The buyer's account is open and covers the charge (claim 1). */
    async judgeCredit(input: OrderInput): Promise<Judged<{ agent: Agent }>> {
      const [buyer, offers] = await Promise.all([registry.buyer(input.buyerId), offersFor(registry, input)]);
      const pricing = priceLines(input.lines, offers);
      // What cannot be priced is refused by the step that prices it.
      const refusal = pricing.kind === 'priced' ? judgeAccount(buyer, pricing.charge) : undefined;
      return refusal ? { kind: 'refused', refusal } : { kind: 'good', agent: buyer?.agent ?? 'auto' };
    },

    /** The seller is in the selling office information database, and active (claim 3); it is paid when the buyer asks that it be. */
    async verifySellerRegistration({ sellerId, settleOn: asked }: OrderInput): Promise<Judged<SellerTerms>> {
      const seller = await registry.seller(sellerId);
      if (seller?.status !== 'active') return { kind: 'refused', refusal: sellerNotRegistered(sellerId) };
      const { agent, version, paymentDemand } = seller;
      const settleOn = settlementFor(seller.settleOn, asked);
      if (!settleOn) return { kind: 'refused', refusal: settlementNotOffered(sellerId, seller.settleOn) };
      return { kind: 'good', agent, version, settleOn, paymentDemand };
    },

    /**
     * The distributor is in the distributing company information database, and active (claim 10), and its terms allow this
     * delivery: the address is opened for that alone, and nothing of it is answered.
     */
    async verifyDistributorRegistration(input: OrderInput): Promise<Judged<{ agent: Agent; version: number }>> {
      const [distributor, offers] = await Promise.all([
        registry.distributor(input.distributorId),
        offersFor(registry, input),
      ]);
      if (distributor?.status !== 'active')
        return { kind: 'refused', refusal: distributorNotRegistered(input.distributorId) };
      const parcels = parcelsOf(input.lines, offers);
      const place = await sealer.open<DeliverTo>(input.deliverToSealed);
      const { agent, version, terms } = distributor;
      const refusal =
        parcels && judgeDelivery({ parcels, place, terms, orderedAt: new Date(input.requestedAt) }, clock());
      return refusal ? { kind: 'refused', refusal } : { kind: 'good', agent, version };
    },
  };
}

/** The goods as they are offered; `undefined` when one of them is not, which the step that prices them refuses. */
function parcelsOf(lines: readonly OrderLine[], offers: readonly Offer[]): Parcel[] | undefined {
  const bySku = new Map(offers.map((offer) => [offer.sku, offer]));
  const parcels = lines.flatMap(({ sku, quantity }) => {
    const offer = bySku.get(sku);
    return offer ? [{ sku, quantity, weightGrams: offer.weightGrams, handlingHours: offer.handlingHours }] : [];
  });
  return parcels.length === lines.length ? parcels : undefined;
}

/** Says no to what the distributor's terms do not allow, before any money is held. `undefined`: it can be delivered. */
export function judgeDelivery(consignment: Consignment, now: Date): OrderRefusal | undefined {
  const plan = planDispatch(consignment, now);
  if (plan.kind === 'planned') return undefined;
  return { code: 'not-deliverable', detail: plan.detail, reason: plan.reason };
}

/** What the seller offers of what the order asks for: a shop of thousands is not read for one line. */
function offersFor(registry: RegistryLookups, { sellerId, lines }: OrderInput): Promise<Offer[]> {
  return registry.offers(
    sellerId,
    lines.map(({ sku }) => sku),
  );
}

export function sellerNotRegistered(sellerId: string): OrderRefusal {
  return {
    code: 'seller-not-registered',
    detail: `The seller ${sellerId} is not registered and active at the check office.`,
  };
}

function settlementNotOffered(sellerId: string, offered: string): OrderRefusal {
  return {
    code: 'settlement-not-offered',
    detail: `The seller ${sellerId} is paid on ${offered} only.`,
  };
}

export function distributorNotRegistered(distributorId: string): OrderRefusal {
  return {
    code: 'distributor-not-registered',
    detail: `The distributor ${distributorId} is not registered and active at the check office.`,
  };
}
