import fc from 'fast-check';
import { DateTime } from 'luxon';
import { planDispatch, type DistributorTerms, type Parcel } from '../../domain/dispatch.ts';
import type { DeliverTo } from '../../domain/order.ts';

const TERMS: DistributorTerms = {
  countries: ['DE', 'FR', 'GB'],
  timeZone: 'Europe/Berlin',
  weekdays: [1, 2, 3, 4, 5],
  window: { fromHour: 8, toHour: 18 },
  maxWeightGrams: 100_000,
};
const RYE: Parcel = { sku: 'rye-1kg', quantity: 3, weightGrams: 1_000, handlingHours: 2 };
const ANVIL: Parcel = { sku: 'anvil-50kg', quantity: 1, weightGrams: 50_000, handlingHours: 48 };
const BERLIN: DeliverTo = { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
const MONDAY = new Date('2026-11-23T07:00:00Z');

function slot(parcels: readonly Parcel[], address: DeliverTo, terms = TERMS, now = MONDAY): string {
  const plan = planDispatch(parcels, address, terms, now);
  if (plan.kind === 'impossible') throw new Error(plan.reason);
  return plan.deliverAt.toISOString();
}

describe('date and time follow from commodities and address (claim 11)', () => {
  test('the same goods to the same address get the same slot', () => {
    expect(slot([RYE], BERLIN)).toBe(slot([{ ...RYE }], { ...BERLIN }));
  });

  test('another address gets another slot', () => {
    expect(slot([RYE], { ...BERLIN, street: 'Hauptstr. 2' })).not.toBe(slot([RYE], BERLIN));
  });

  test('another commodity or quantity gets another slot', () => {
    expect(slot([ANVIL], BERLIN)).not.toBe(slot([RYE], BERLIN));
    expect(slot([{ ...RYE, quantity: 4 }], BERLIN)).not.toBe(slot([RYE], BERLIN));
  });

  test('goods that take longer to hand over, or go abroad, come later', () => {
    expect(slot([ANVIL], BERLIN) > slot([RYE], BERLIN)).toBe(true);
    expect(slot([RYE], { ...BERLIN, country: 'FR' }).slice(0, 10) > slot([RYE], BERLIN).slice(0, 10)).toBe(true);
  });
});

test('a slot is always in the future, on a service day, inside the window of the local clock', () => {
  const when = fc.date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true });
  const where = fc.record({ street: fc.string(), postalCode: fc.string(), country: fc.constantFrom('DE', 'FR', 'GB') });
  const zone = fc.constantFrom('Europe/Berlin', 'Europe/London', 'America/New_York', 'Pacific/Auckland');
  fc.assert(
    fc.property(when, where, zone, fc.integer({ min: 1, max: 50 }), (now, place, timeZone, quantity) => {
      const terms = { ...TERMS, timeZone };
      const at = DateTime.fromISO(slot([{ ...RYE, quantity }], { ...BERLIN, ...place }, terms, now), {
        zone: timeZone,
      });
      expect(at.toMillis()).toBeGreaterThan(now.getTime());
      expect(terms.weekdays).toContain(at.weekday);
      expect(at.hour).toBeGreaterThanOrEqual(8);
      expect(at.hour).toBeLessThan(18);
    }),
  );
});

test.each([
  ['out_of_area', [RYE], { ...BERLIN, country: 'US' }, TERMS],
  ['too_heavy', [{ ...ANVIL, quantity: 3 }], BERLIN, TERMS],
  ['no_service_day', [RYE], BERLIN, { ...TERMS, weekdays: [] }],
] as const)('what the terms do not allow is %s, never a silent default', (reason, parcels, address, terms) => {
  expect(planDispatch(parcels, address, terms, MONDAY)).toMatchObject({ kind: 'impossible', reason });
});

describe('the day follows from handling time, distance and weight', () => {
  const every = { ...TERMS, weekdays: [1, 2, 3, 4, 5, 6, 7] };
  const dayOf = (parcels: readonly Parcel[], country = 'DE') =>
    slot(parcels, { ...BERLIN, country }, every, new Date('2026-11-23T00:30:00Z')).slice(0, 10);
  const parcel = (weightGrams: number, handlingHours: number, quantity = 1): Parcel => ({
    sku: 'x',
    quantity,
    weightGrams,
    handlingHours,
  });

  test.each([
    ['at home', [parcel(30_000, 2)], 'DE', '2026-11-24'],
    ['abroad', [parcel(30_000, 2)], 'FR', '2026-11-26'],
    ['heavy, at home', [parcel(30_001, 2)], 'DE', '2026-11-25'],
    ['heavy together', [parcel(15_001, 2, 2)], 'DE', '2026-11-25'],
    ['heavy, abroad', [parcel(50_000, 2)], 'GB', '2026-11-27'],
    ['by the slowest of the goods', [parcel(1, 2), parcel(1, 48)], 'DE', '2026-11-26'],
  ])('%s', (_what, parcels, country, day) => {
    expect(dayOf(parcels, country)).toBe(day);
  });

  test('the heaviest consignment that it takes is still taken', () => {
    expect(planDispatch([parcel(100_000, 2)], BERLIN, TERMS, MONDAY).kind).toBe('planned');
    expect(planDispatch([parcel(100_001, 2)], BERLIN, TERMS, MONDAY)).toEqual({
      kind: 'impossible',
      reason: 'too_heavy',
      detail: '100001 g are more than 100000 g.',
    });
  });

  test('slots are spread over the whole window, to the minute', () => {
    const minutes = Array.from({ length: 400 }, (_, number) => {
      const at = DateTime.fromISO(slot([RYE], { ...BERLIN, street: `Hauptstr. ${number}` }), { zone: TERMS.timeZone });
      return at.hour * 60 + at.minute;
    });
    expect(Math.min(...minutes)).toBeLessThan(8 * 60 + 30);
    expect(Math.max(...minutes)).toBeGreaterThan(17 * 60 + 30);
    expect(new Set(minutes.map((minute) => minute % 60)).size).toBeGreaterThan(50);
  });

  test.each(['name', 'street', 'city', 'postalCode'] as const)('every part of the address has its say: %s', (part) => {
    expect(slot([RYE], { ...BERLIN, [part]: 'Other' })).not.toBe(slot([RYE], BERLIN));
  });

  test('a distributor that never delivers is looked ahead for two weeks, and says so', () => {
    expect(planDispatch([RYE], BERLIN, { ...TERMS, weekdays: [] }, MONDAY)).toMatchObject({
      detail: 'It has no service day in the next 14 days.',
    });
    expect(planDispatch([RYE], { ...BERLIN, country: 'US' }, TERMS, MONDAY)).toMatchObject({
      detail: 'It does not deliver to US.',
    });
  });
});
