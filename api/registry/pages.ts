import type { OfferPage, RegistryPage, WholeSeller } from '../../office/registry/index.ts';
import { offerCursor, registryCursor } from '../http/cursor.ts';
import { Problem } from '../http/problem.ts';

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

/** A page of either registry: one more is read than is shown, which tells whether there is a next page. */
export async function registryPage<Party extends { readonly id: string }>(
  { limit, cursor }: PageQuery,
  read: (page: RegistryPage) => Promise<readonly Party[]>,
) {
  const parties = await read({ limit, after: registryCursor.read(cursor)?.id });
  const data = parties.slice(0, limit);
  return { data, nextCursor: registryCursor.print(parties.length > limit ? data.at(-1) : undefined) };
}

/** Which offers to read. Throws `invalid-request` for a cursor that is not of this list. */
export function offerPage({ limit, cursor }: PageQuery): OfferPage {
  return { limit, after: offerCursor.read(cursor)?.sku };
}

/** A page of offers out of those that were read: one more than `limit` when there are more. */
export function pageOfOffers<Offer extends { readonly sku: string }>(offers: readonly Offer[], limit: number) {
  const data = offers.slice(0, limit);
  return { data, nextCursor: offerCursor.print(offers.length > limit ? data.at(-1) : undefined) };
}

/** A seller's registration with a page of its offers. */
export function wholeSellerPage({ commodities, ...seller }: WholeSeller, limit: number) {
  const { data, nextCursor } = pageOfOffers(commodities, limit);
  return { ...seller, commodities: data, nextCursor };
}

/** What was read. Throws `not-found` where there was nothing. */
export function found<Item>(item: Item | undefined, what: string): Item {
  if (item === undefined) throw new Problem('not-found', `There is no such registered ${what}.`);
  return item;
}
