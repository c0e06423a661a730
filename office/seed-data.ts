import type { DistributorTerms } from '../domain/dispatch.ts';

/** The demo parties of the HTTP contract. Amounts are euro cents, weights grams. */
export const DEMO_BUYERS = [
  { id: 'buyer-ada', fundsMinor: 500_000n, creditLimitMinor: 100_000n },
  { id: 'buyer-bob', fundsMinor: 2_500n, creditLimitMinor: 0n },
] as const;

export const DEMO_SELLERS = [
  {
    id: 'seller-mill',
    name: 'The Mill',
    commodities: [
      { sku: 'flour-25kg', name: 'Wheat flour, 25 kg', priceMinor: 1_890n, weightGrams: 25_000, handlingHours: 4 },
      { sku: 'oats-10kg', name: 'Rolled oats, 10 kg', priceMinor: 1_450n, weightGrams: 10_000, handlingHours: 4 },
      { sku: 'bran-5kg', name: 'Wheat bran, 5 kg', priceMinor: 620n, weightGrams: 5_000, handlingHours: 2 },
      { sku: 'rye-1kg', name: 'Rye, 1 kg', priceMinor: 215n, weightGrams: 1_000, handlingHours: 2 },
    ],
  },
  {
    id: 'seller-forge',
    name: 'The Forge',
    commodities: [
      { sku: 'nails-1kg', name: 'Nails, 1 kg', priceMinor: 790n, weightGrams: 1_000, handlingHours: 8 },
      { sku: 'hinge-pair', name: 'Door hinges, a pair', priceMinor: 2_340n, weightGrams: 1_800, handlingHours: 16 },
      { sku: 'gate-2m', name: 'Wrought gate, 2 m', priceMinor: 78_900n, weightGrams: 64_000, handlingHours: 72 },
      { sku: 'anvil-50kg', name: 'Anvil, 50 kg', priceMinor: 42_500n, weightGrams: 50_000, handlingHours: 24 },
    ],
  },
] as const;

/** At home in Germany, whose clock it keeps, and Europe beyond. */
const EUROPE = 'DE AT BE BG CH CY CZ DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(
  ' ',
);

export const DEMO_DISTRIBUTOR: { id: string; name: string; terms: DistributorTerms } = {
  id: 'distributor-swift',
  name: 'Swift Distribution',
  terms: {
    countries: EUROPE,
    timeZone: 'Europe/Berlin',
    weekdays: [1, 2, 3, 4, 5, 6],
    window: { fromHour: 8, toHour: 18 },
    maxWeightGrams: 500_000,
  },
};

/** The parties that have servers of their own, which `npm start` runs beside the office. */
export const DEMO_SITES = {
  sellingOffice: { id: 'seller-loom', name: 'The Loom' },
  distributingCompany: { id: 'distributor-rail', name: 'Rail Distribution', terms: DEMO_DISTRIBUTOR.terms },
} as const satisfies Record<string, { id: string; name: string; terms?: DistributorTerms }>;
