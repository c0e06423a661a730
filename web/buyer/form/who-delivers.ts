import { countryName } from '../../shared/format.ts';

/** Where a distributor delivers: ISO codes, its own country first. */
export interface Serving {
  readonly countries: readonly string[];
}

export interface Party {
  readonly id: string;
  readonly name: string;
}

export type Distributor = Party & Serving;

/** The chosen one, as long as it can be chosen, wherever it delivers; else the first that delivers there; else the first. */
export function distributorTo(country: string, list: readonly Distributor[], chosenId?: string): string {
  const party = list.find(({ id }) => id === chosenId) ?? list.find((one) => serves(one, country)) ?? list[0];
  return party?.id ?? '';
}

/** What to know when that distributor does not deliver there: who does, if anybody. `undefined` when it does. */
export function deliveryAdvice(country: string, list: readonly Distributor[], id: string): string | undefined {
  const party = list.find((one) => one.id === id);
  if (!party || serves(party, country)) return undefined;
  const other = list.find((one) => serves(one, country));
  if (!other) return `No distributor delivers to ${countryName(country)}.`;
  return `${nameAmong(list, party)} does not deliver to ${countryName(country)}. ${nameAmong(list, other)} does.`;
}

/** By name; with the id where two have the same name. */
export function nameAmong(list: readonly Party[], { id, name }: Party): string {
  return list.filter((other) => other.name === name).length === 1 ? name : `${name} (${id})`;
}

function serves({ countries }: Serving, country: string): boolean {
  return countries.includes(country);
}
