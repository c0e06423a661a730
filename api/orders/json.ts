import type { DeliverTo, OrderView } from '../../domain/order.ts';
import { ForgottenError, type Sealer } from '../../platform/sealing.ts';
import type { Party } from '../auth/tokens.ts';
import type { OrderJson } from './schema.ts';

/** The order as the HTTP contract shows it to one of its parties: with its address opened, and the check for whom it is. */
export async function orderJson(view: OrderView, party: Party, sealer: Sealer): Promise<OrderJson> {
  const { deliverToSealed, lines, echeck, ...rest } = view;
  return {
    ...rest,
    lines,
    deliverTo: await openAddress(sealer, deliverToSealed),
    echeck: echeck && (holdsCheck(view, party) ? echeck : { ...echeck, jws: undefined }),
    links: linksOf(view.id),
  };
}

export function linksOf(orderId: string): OrderJson['links'] {
  const self = `/v1/orders/${orderId}`;
  return { self, timeline: `${self}/timeline`, money: `${self}/money`, events: `${self}/events` };
}

/** The check itself is for its buyer and its office; its payee gets it with the presentation; a distributor never. */
function holdsCheck({ echeck }: OrderView, { role }: Party): boolean {
  return role === 'buyer' || role === 'operator' || (role === 'seller' && echeck?.status !== 'issued');
}

/** What is sealed for an order: the address, and the salt that keeps its digest from being guessed. */
interface SealedAddress extends DeliverTo {
  readonly salt: string;
}

/** The address of an order for those who may see it; `null` once its buyer's personal data was forgotten. */
async function openAddress(sealer: Sealer, sealed: string): Promise<DeliverTo | null> {
  try {
    const { salt: _, ...deliverTo } = await sealer.open<SealedAddress>(sealed);
    return deliverTo;
  } catch (error) {
    if (error instanceof ForgottenError) return null;
    throw error;
  }
}

/** Seals another address with the order's own salt, so that the check's digest can be compared with it. */
export async function resealAddress(
  sealer: Sealer,
  buyerId: string,
  sealed: string,
  deliverTo: DeliverTo,
): Promise<string> {
  const { salt } = await sealer.open<SealedAddress>(sealed);
  return sealer.seal(buyerId, { ...deliverTo, salt });
}
