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
