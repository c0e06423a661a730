import type { DeliverTo } from '../../domain/order.ts';

const GOOD: DeliverTo = { name: 'Ada', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' };
const { postalCode: _code, ...WITHOUT_CODE } = GOOD;
const { city: _city, ...WITHOUT_CITY } = GOOD;
const NEW_YORK = { name: 'Pat', street: '350 5th Ave', city: 'New York', postalCode: '10118', country: 'US' };

/** What is no address: the body's `deliverTo`, the part that is wrong, and what is said of it. */
export const FALSE_ADDRESSES: Readonly<Record<string, readonly [object, part: string, detail: string]>> = {
  'a country that people say': [{ ...GOOD, country: 'UK' }, 'country', 'GB for the United Kingdom'],
  "a code that is nobody's": [{ ...GOOD, country: 'ZZ' }, 'country', 'ISO 3166-1'],
  'a code that is reserved': [{ ...GOOD, country: 'XX' }, 'country', 'ISO 3166-1'],
  'a union of countries': [{ ...GOOD, country: 'EU' }, 'country', 'ISO 3166-1'],
  'a country of three letters': [{ ...GOOD, country: 'DEU' }, 'country', 'ISO 3166-1'],
  'a country in small letters': [{ ...GOOD, country: 'de' }, 'country', ': DE'],
  'no country': [{ ...GOOD, country: undefined }, 'country', 'is required'],
  'Germany without postal code': [WITHOUT_CODE, 'postalCode', 'is required in DE'],
  'Germany without city': [WITHOUT_CITY, 'city', 'is required in DE'],
  'a German postal code of four digits': [{ ...GOOD, postalCode: '5066' }, 'postalCode', 'is no postal code of DE'],
  'an American one in Britain': [
    { ...GOOD, postalCode: '10118', country: 'GB' },
    'postalCode',
    'is no postal code of GB',
  ],
  'the United States without state': [NEW_YORK, 'region', 'is required in US'],
  'the United States without ZIP': [
    { ...NEW_YORK, region: 'NY', postalCode: undefined },
    'postalCode',
    'is required in US',
  ],
  'Canada without province': [
    { ...NEW_YORK, city: 'Ottawa', postalCode: 'K1A 0B1', country: 'CA' },
    'region',
    'is required in CA',
  ],
  'Brazil without state': [
    { ...NEW_YORK, city: 'São Paulo', postalCode: '01310-200', country: 'BR' },
    'region',
    'is required in BR',
  ],
  'Singapore without postal code': [
    { name: 'Tan', street: '1 Raffles Place', country: 'SG' },
    'postalCode',
    'is required in SG',
  ],
  'Hong Kong without any place': [
    { name: 'Chan', street: '8 Finance Street', country: 'HK' },
    'region',
    'is required in HK',
  ],
  'no street': [{ ...GOOD, street: undefined }, 'street', 'is required'],
  'a name of blanks': [{ ...GOOD, name: ' \u00A0\u3000' }, 'name', 'more than blanks'],
  'a name of Hangul fillers': [{ ...GOOD, name: '\u3164\u3164' }, 'name', 'U+3164'],
  'a name without letter or digit': [{ ...GOOD, name: '---' }, 'name', 'a letter or a digit'],
  'an empty second line': [{ ...GOOD, street2: '' }, 'street2', 'must not be empty'],
  'a null company': [{ ...GOOD, company: null }, 'company', 'must be text'],
  'a street that turns its direction': [{ ...GOOD, street: 'Lindenweg \u202E4' }, 'street', 'U+202E'],
  'a zero-width space in a Latin name': [{ ...GOOD, name: 'A\u200Bda' }, 'name', 'U+200B'],
  'a zero-width joiner in a Latin name': [{ ...GOOD, name: 'A\u200Dda' }, 'name', 'U+200D'],
  'a soft hyphen': [{ ...GOOD, city: 'Kö\u00ADln' }, 'city', 'U+00AD'],
  'a byte order mark': [{ ...GOOD, city: '\uFEFFKöln' }, 'city', 'U+FEFF'],
  'a character that is not assigned': [{ ...GOOD, city: 'K\u0378' }, 'city', 'U+0378'],
  'a private character': [{ ...GOOD, city: 'K\uE000' }, 'city', 'U+E000'],
  'half of a character': [{ ...GOOD, city: 'K\uD83E' }, 'city', 'well-formed'],
  'a new line in a street': [{ ...GOOD, street: 'Lindenweg 4\nHinterhaus' }, 'street', 'U+000A'],
  'a line separator': [{ ...GOOD, street: 'Lindenweg 4\u2028' }, 'street', 'U+2028'],
  'a NUL in a note': [{ ...GOOD, note: 'at\u0000home' }, 'note', 'U+0000'],
  'a city beyond all lengths': [{ ...GOOD, city: 'ö'.repeat(301) }, 'city', 'at most 300 characters'],
  'a telephone without number': [{ ...GOOD, phone: 'call me' }, 'phone', 'a number to call'],
  'a part that nobody knows': [{ ...GOOD, state: 'NRW' }, 'state', 'is no field of this request'],
};
