import type { DeliverTo } from '../../domain/order.ts';
import { DEMO_DISTRIBUTOR, DEMO_SELLERS } from '../../office/seed-data.ts';
import type { putDistributor, putSeller } from '../../office/registry/index.ts';

/* Who trades in the example history: the demo parties, and these beside them. */

type SellerInput = Parameters<typeof putSeller>[1];
type DistributorInput = Parameters<typeof putDistributor>[1];

/** What a buyer's orders cost is paid in for it week by week. */
export interface HistoryBuyer {
  readonly id: string;
  readonly deliverTo: readonly DeliverTo[];
}

export const BUYERS: readonly HistoryBuyer[] = [
  {
    id: 'buyer-ada',
    deliverTo: [{ name: 'Ada Becker', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' }],
  },
  {
    id: 'buyer-bob',
    deliverTo: [{ name: 'Bob Meyer', street: 'Am Markt 2', city: 'Bremen', postalCode: '28195', country: 'DE' }],
  },
  {
    id: 'buyer-cleo',
    deliverTo: [
      {
        name: 'Cleo Haas',
        company: 'Haas Bakery',
        street: 'Ringstraße 17',
        city: 'München',
        postalCode: '80331',
        country: 'DE',
      },
      { name: 'Cleo Haas', street: 'Getreidegasse 9', city: 'Salzburg', postalCode: '5020', country: 'AT' },
    ],
  },
  {
    id: 'buyer-dries',
    deliverTo: [
      {
        name: 'Dries de Vries',
        company: 'Bouwhof',
        street: 'Prinsengracht 263',
        city: 'Amsterdam',
        postalCode: '1016 GV',
        country: 'NL',
      },
      { name: 'Dries de Vries', street: 'Meir 48', city: 'Antwerpen', postalCode: '2000', country: 'BE' },
    ],
  },
  {
    id: 'buyer-elena',
    deliverTo: [
      {
        name: 'Elena Rossi',
        street: 'Via Torino 21',
        city: 'Milano',
        region: 'MI',
        postalCode: '20123',
        country: 'IT',
      },
      { name: 'Elena Rossi', street: 'Bahnhofstrasse 3', city: 'Zürich', postalCode: '8001', country: 'CH' },
    ],
  },
];

/** Orders more than it ever has money for. */
export const POOR_BUYER: HistoryBuyer = {
  id: 'buyer-gus',
  deliverTo: [{ name: 'Gus Ohm', street: 'Hafenstraße 1', city: 'Hamburg', postalCode: '20457', country: 'DE' }],
};

/** Outside what any distributor of the history serves. */
export const FAR_AWAY: DeliverTo = {
  name: 'Cleo Haas',
  street: 'Avenida Paulista 1578',
  city: 'São Paulo',
  region: 'SP',
  postalCode: '01310-200',
  country: 'BR',
};

export const euros = (amount: number) => ({ amount, currency: 'EUR' }) as const;

/** Decides by hand. */
export const MANUAL_SELLER = 'seller-orchard';
/** Demands its payments itself. */
export const DEMANDING_SELLER = 'seller-paper';
/** Is not active. */
export const SUSPENDED_SELLER = 'seller-quarry';
/** Fixes its dates by hand. */
export const MANUAL_DISTRIBUTOR = 'distributor-canal';
/** Was never registered. */
export const UNKNOWN_DISTRIBUTOR = 'distributor-ghost';

export const SELLERS: readonly SellerInput[] = [
  {
    id: MANUAL_SELLER,
    name: 'The Orchard',
    status: 'active',
    agent: 'manual',
    settleOn: 'buyer_chooses',
    feeBasisPoints: 150,
    commodities: [
      { sku: 'apples-15kg', name: 'Apples, 15 kg', price: euros(2_650), weightGrams: 15_500, handlingHours: 6 },
      { sku: 'cider-12', name: 'Cider, 12 bottles', price: euros(4_320), weightGrams: 16_800, handlingHours: 4 },
    ],
  },
  {
    id: DEMANDING_SELLER,
    name: 'The Paper Works',
    status: 'active',
    agent: 'auto',
    settleOn: 'buyer_chooses',
    paymentDemand: 'own',
    feeBasisPoints: 100,
    commodities: [
      { sku: 'paper-a4-5', name: 'Paper A4, 5 reams', price: euros(2_190), weightGrams: 12_500, handlingHours: 2 },
      { sku: 'card-50', name: 'Card, 50 sheets', price: euros(1_280), weightGrams: 2_400, handlingHours: 2 },
    ],
  },
  {
    id: 'seller-kiln',
    name: 'The Kiln',
    status: 'active',
    agent: 'auto',
    settleOn: 'buyer_chooses',
    feeBasisPoints: 200,
    commodities: [
      { sku: 'bricks-100', name: 'Bricks, 100', price: euros(8_900), weightGrams: 230_000, handlingHours: 12 },
      { sku: 'tiles-20', name: 'Roof tiles, 20', price: euros(3_400), weightGrams: 64_000, handlingHours: 12 },
    ],
  },
  {
    id: SUSPENDED_SELLER,
    name: 'The Quarry',
    status: 'suspended',
    agent: 'auto',
    commodities: [
      { sku: 'gravel-25kg', name: 'Gravel, 25 kg', price: euros(690), weightGrams: 25_000, handlingHours: 4 },
    ],
  },
];

export const DISTRIBUTORS: readonly DistributorInput[] = [
  {
    id: MANUAL_DISTRIBUTOR,
    name: 'Canal Freight',
    status: 'active',
    agent: 'manual',
    terms: {
      countries: ['NL', 'BE', 'DE'],
      timeZone: 'Europe/Amsterdam',
      weekdays: [1, 2, 3, 4, 5],
      window: { fromHour: 7, toHour: 17 },
      maxWeightGrams: 300_000,
      transitHours: { home: 12, abroad: 30 },
    },
  },
  {
    id: 'distributor-alpine',
    name: 'Alpine Carriers',
    status: 'active',
    agent: 'auto',
    terms: {
      countries: ['AT', 'CH', 'DE', 'IT'],
      timeZone: 'Europe/Vienna',
      weekdays: [1, 2, 3, 4, 5, 6],
      window: { fromHour: 8, toHour: 17 },
      maxWeightGrams: 400_000,
      transitHours: { home: 18, abroad: 40 },
    },
  },
];

/** The parties of the history that are not registered by it: they are to act by themselves already. */
export const DEMO_PARTIES: readonly string[] = [...DEMO_SELLERS.map(({ id }) => id), DEMO_DISTRIBUTOR.id];

/** What a line of an order is made of. */
export interface Goods {
  readonly sku: string;
  readonly priceMinor: number;
  readonly weightGrams: number;
  readonly handlingHours: number;
}

/** What each seller offers. */
export const GOODS: ReadonlyMap<string, readonly Goods[]> = new Map([
  ...DEMO_SELLERS.map(({ id, commodities }): [string, Goods[]] => [
    id,
    commodities.map(({ priceMinor, ...goods }) => ({ ...goods, priceMinor: Number(priceMinor) })),
  ]),
  ...SELLERS.map(({ id, commodities = [] }): [string, Goods[]] => [
    id,
    commodities.map(({ price, ...goods }) => ({ handlingHours: 24, ...goods, priceMinor: price.amount })),
  ]),
]);

/** The terms of every active distributor. */
export const TERMS = new Map([
  [DEMO_DISTRIBUTOR.id, DEMO_DISTRIBUTOR.terms],
  ...DISTRIBUTORS.flatMap(({ id, terms }) => (terms ? [[id, terms] as const] : [])),
]);
