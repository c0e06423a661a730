import { describe, expect, test } from '@jest/globals';
import { addressFaults } from '../../../domain/address.ts';
import { countryForms } from '../../../domain/address-form.ts';
import type { CountryForm } from '../../../web/buyer/form/catalogue.ts';
import { countryHere } from '../../../web/buyer/form/country-here.ts';
import { countryName } from '../../../web/shared/format.ts';
import { EMPTY_DRAFT, faultsFrom, requestOf, sumsOf, linesOf, type Draft } from '../../../web/buyer/form/draft.ts';

/* From what is typed at the buyer's desk to the order that is sent. */

// As the API answers it.
const forms = JSON.parse(JSON.stringify(countryForms())) as CountryForm[];
const formOf = (code: string) => {
  const form = forms.find((one) => one.code === code);
  if (!form) throw new Error(`there is no form of ${code}`);
  return form;
};
const offers = [
  { sku: 'flour-25kg', name: 'Wheat flour, 25 kg', price: { amount: 1890, currency: 'EUR' } },
  { sku: 'rye-1kg', name: 'Rye, 1 kg', price: { amount: 215, currency: 'EUR' } },
] as const;
const typed = (change: Partial<Draft> = {}): Draft => ({
  quantities: { mill: { 'flour-25kg': '2', 'rye-1kg': '0' } },
  address: { name: 'Ada', street: 'Hafenstr. 1', city: ' Hamburg ', postalCode: '20457', region: 'CA', company: ' ' },
  ...change,
});
const order = (draft: Draft, country = 'DE') =>
  requestOf(draft, { sellerId: 'mill', distributorId: 'swift', offers, form: formOf(country) });

describe('the order of a draft', () => {
  test('has the lines that are more than none, the address of the country, and the sum that was shown', () => {
    expect(order(typed())).toEqual({
      faults: new Map(),
      request: {
        sellerId: 'mill',
        distributorId: 'swift',
        lines: [{ sku: 'flour-25kg', quantity: 2 }],
        deliverTo: { name: 'Ada', street: 'Hafenstr. 1', city: 'Hamburg', postalCode: '20457', country: 'DE' },
        expectedCharge: { amount: 3780, currency: 'EUR' },
        presentation: 'manual',
        payment: 'manual',
      },
    });
  });

  test('keeps what other countries and sellers were told out of it', () => {
    const { request } = order(typed({ quantities: { forge: { 'rye-1kg': '5' }, mill: { 'rye-1kg': '1' } } }));
    expect(request.lines).toEqual([{ sku: 'rye-1kg', quantity: 1 }]);
    expect(request.deliverTo).not.toHaveProperty('region');
  });

  test("takes a state only where it is one of the country's", () => {
    expect(order(typed(), 'US').request.deliverTo).toMatchObject({ region: 'CA' });
    expect(order(typed(), 'CA').faults).toEqual(new Map([['/deliverTo/region', 'is required']]));
  });

  test('is paid at the notice where that was chosen', () => {
    expect(order(typed({ settleOn: 'notice' })).request).toMatchObject({ settleOn: 'notice' });
  });

  test.each(['1.5', '-1', '1e3', 'x', '1234567890'])('is none with a quantity of %s', (text) => {
    const { faults } = order(typed({ quantities: { mill: { 'rye-1kg': text } } }));
    expect([...faults.keys()]).toEqual(['/quantities/rye-1kg']);
  });

  test('is none without a line, and says so only when all else is good', () => {
    expect([...order(typed({ quantities: {} })).faults.keys()]).toEqual(['/lines']);
    expect([...order(EMPTY_DRAFT).faults.keys()].toSorted()).toEqual(
      ['city', 'name', 'postalCode', 'street'].map((part) => `/deliverTo/${part}`),
    );
  });

  test.each(forms.map(({ code }) => code))('asks in %s for what the API asks for', (code) => {
    const draft = typed({ address: { name: 'Ada', street: 'One Street 1' } });
    const { request, faults } = order(draft, code);
    const wanted = addressFaults(request.deliverTo).map(({ part }) => part);
    const missing = [...faults.keys()].map((place) => place.replace('/deliverTo/', ''));
    // Where city or region will do, either field may be the one that is marked.
    const either = formOf(code).oneOf ?? [];
    const alike = (part: string): string => (either.some((one) => one === part) ? 'either' : part);
    expect(missing.map(alike).toSorted()).toEqual(wanted.map(alike).toSorted());
  });
});

describe('the sum of a basket', () => {
  test('is told by currency', () => {
    const mixed = [...offers, { sku: 'rice', name: 'Rice', price: { amount: 900, currency: 'JPY' } }] as const;
    const lines = linesOf({ 'flour-25kg': '1', 'rye-1kg': '2', rice: '3' }, mixed);
    expect(sumsOf(lines)).toEqual([
      { amount: 2320, currency: 'EUR' },
      { amount: 2700, currency: 'JPY' },
    ]);
  });
});

describe('what the API finds wrong', () => {
  test('stands at the field in which it was typed', () => {
    const errors = [
      { pointer: '/deliverTo/postalCode', detail: 'is no postal code of DE' },
      { pointer: '/lines/1/quantity', detail: 'must be at most 1000000' },
      { pointer: '/lines/7/quantity', detail: 'is of no line' },
    ];
    const lines = [
      { sku: 'flour-25kg', quantity: 1 },
      { sku: 'rye-1kg', quantity: 2_000_000 },
    ];
    expect([...faultsFrom(errors, { lines }).keys()]).toEqual([
      '/deliverTo/postalCode',
      '/quantities/rye-1kg',
      '/lines/7/quantity',
    ]);
  });
});

describe('the country to begin with', () => {
  const codes = ['DE', 'FR', 'JP', 'US'];
  const everywhere = [{ countries: ['DE', 'US'] }, { countries: ['JP', 'FR'] }];
  test.each([
    ['Asia/Tokyo', ['en-US'], 'JP'],
    ['Europe/Paris', ['de'], 'FR'],
    ['UTC', ['ja'], 'JP'],
    ['UTC', ['sv-SE', 'en'], 'US'],
    ['UTC', ['sv-SE'], 'DE'],
  ])('in %s with %j is %s', (timeZone, languages, country) => {
    expect(countryHere(codes, everywhere, { timeZone, languages })).toBe(country);
  });

  test.each([
    ['by the time zone', 'Asia/Tokyo', ['en-US']],
    ['by the language', 'UTC', ['ja']],
    ['by neither', 'UTC', []],
  ])('is one that some distributor serves, and by default the home of the first: %s', (_what, timeZone, languages) => {
    const near = [{ countries: ['FR', 'DE'] }, { countries: ['DE'] }];
    expect(countryHere(codes, near, { timeZone, languages })).toBe('FR');
  });

  test('is one that there is', () => {
    expect(countryHere(['FR'], [{ countries: ['XX', 'FR'] }], { timeZone: 'UTC', languages: [] })).toBe('FR');
    expect(countryHere(['FR'], [{ countries: ['XX'] }], { timeZone: 'UTC', languages: [] })).toBe('FR');
    expect(countryHere([], [], { timeZone: 'UTC', languages: [] })).toBe('');
  });
});

test('a country has the name in an address that it has in the list', () => {
  expect(forms.map(({ code }) => countryName(code))).toEqual(forms.map(({ name }) => name));
});
