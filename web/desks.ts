import type { Role } from './session/party.ts';

/** A party's desk: where it is, and what is done there. */
interface Desk {
  readonly path: string;
  readonly title: string;
  readonly purpose: string;
}

export const DESKS: Readonly<Record<Role, Desk>> = {
  buyer: {
    path: '/buyer',
    title: "Buyer's desk",
    purpose: 'Look at charges, order, hold the check, present it, indicate the payment.',
  },
  seller: {
    path: '/seller',
    title: "Seller's desk",
    purpose: 'Take incoming orders with their checks, promise distribution, be paid.',
  },
  distributor: {
    path: '/distributor',
    title: "Distributor's desk",
    purpose: 'Fix when the goods come, carry them, report how it went.',
  },
  operator: {
    path: '/office',
    title: 'Check office',
    purpose: 'See every order, find the stuck ones, look after registries and accounts.',
  },
};
