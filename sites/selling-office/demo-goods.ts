import type { Goods } from './catalogue.ts';

const EUR = 'EUR';

/** What The Loom sells. Prices are euro cents, weights grams. */
export const DEMO_GOODS: readonly Goods[] = [
  {
    sku: 'linen-3m',
    name: 'Linen, 3 m',
    priceAmount: 4_470,
    currency: EUR,
    weightGrams: 1_200,
    handlingHours: 4,
    onHand: 400,
  },
  {
    sku: 'wool-blanket',
    name: 'Wool blanket',
    priceAmount: 8_900,
    currency: EUR,
    weightGrams: 1_800,
    handlingHours: 2,
    onHand: 120,
  },
  {
    sku: 'canvas-10m',
    name: 'Canvas, 10 m',
    priceAmount: 11_500,
    currency: EUR,
    weightGrams: 9_000,
    handlingHours: 8,
    onHand: 80,
  },
  {
    sku: 'thread-1kg',
    name: 'Cotton thread, 1 kg',
    priceAmount: 1_650,
    currency: EUR,
    weightGrams: 1_000,
    handlingHours: 2,
    onHand: 900,
  },
  {
    sku: 'tapestry',
    name: 'Tapestry, one of a kind',
    priceAmount: 64_000,
    currency: EUR,
    weightGrams: 7_500,
    handlingHours: 24,
    onHand: 1,
  },
];
