import type { OrderView } from '../../domain/order.ts';
import type { Sealer } from '../../platform/sealing.ts';
import type { Party } from '../auth/party.ts';
import { openAddress } from './sealed-address.ts';
import type { OrderJson } from './schema.ts';

/** The order as the HTTP contract shows it to one of its parties: with its address opened, and the check for whom it is. */
export async function orderJson(view: OrderView, party: Party, sealer: Sealer): Promise<OrderJson> {
  const { deliverToSealed, lines, echeck, ...rest } = view;
  return {
    ...rest,
    lines: [...lines],
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
export function holdsCheck({ echeck }: OrderView, { role }: Party): boolean {
  return role === 'buyer' || role === 'operator' || (role === 'seller' && echeck?.status !== 'issued');
}
