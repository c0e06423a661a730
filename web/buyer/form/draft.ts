import type { components } from '../../../client/index.ts';
import type { CountryForm, Offer } from './catalogue.ts';

export type OrderRequest = components['schemas']['OrderRequest'];
export type AddressPart = CountryForm['fields'][number]['name'];
export type SettleOn = NonNullable<OrderRequest['settleOn']>;

/** What a person has typed and chosen so far. What is not chosen is `undefined`, and stands for the first there is. */
export interface Draft {
  readonly sellerId?: string;
  readonly distributorId?: string;
  readonly settleOn?: SettleOn;
  readonly country?: string;
  /** By seller, then by SKU, as typed: another seller's are there again when one comes back to it. */
  readonly quantities: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** As typed. What the chosen country has no field for stays, and is not sent. */
  readonly address: Readonly<Partial<Record<AddressPart, string>>>;
}

export const EMPTY_DRAFT: Draft = { quantities: {}, address: {} };

/** What is wrong, by the place in the request that it is about: `/deliverTo/city`, or `/quantities/` and the SKU. */
export type Faults = ReadonlyMap<string, string>;

export interface Choices {
  readonly sellerId: string;
  readonly distributorId: string;
  readonly offers: readonly Offer[];
  readonly form: CountryForm;
}

/** What the draft orders, and what of it cannot be sent like this: the API judges all the rest. */
export function requestOf(draft: Draft, choices: Choices): { readonly request: OrderRequest; readonly faults: Faults } {
  const { sellerId, distributorId, offers, form } = choices;
  const quantities = draft.quantities[sellerId] ?? {};
  const lines = linesOf(quantities, offers);
  const faults = new Map<string, string>([
    ...quantityFaults(quantities, offers),
    ...addressFaults(draft.address, form),
  ]);
  if (lines.length === 0 && faults.size === 0) faults.set('/lines', 'Enter a quantity of at least one commodity.');
  const [charge, ...others] = sumsOf(lines);
  return {
    faults,
    request: {
      sellerId,
      distributorId,
      lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
      deliverTo: addressOf(draft.address, form),
      // What is ordered at a desk is presented and paid by hand.
      presentation: 'manual',
      payment: 'manual',
      ...(charge && others.length === 0 && { expectedCharge: charge }),
      ...(draft.settleOn && { settleOn: draft.settleOn }),
    },
  };
}

/** A line of the basket. */
export interface BasketLine extends Offer {
  readonly quantity: number;
  readonly total: Offer['price'];
}

/** What is in the basket, in the order of the offers. */
export function linesOf(quantities: Readonly<Record<string, string>>, offers: readonly Offer[]): BasketLine[] {
  return offers.flatMap((offer) => {
    const quantity = readQuantity(quantities[offer.sku]) ?? 0;
    if (quantity === 0) return [];
    const { amount, currency } = offer.price;
    return [{ ...offer, quantity, total: { amount: amount * quantity, currency } }];
  });
}

/** The sum of each currency. */
export function sumsOf(lines: readonly BasketLine[]): Offer['price'][] {
  const sums = new Map<Offer['price']['currency'], number>();
  for (const { total } of lines) sums.set(total.currency, (sums.get(total.currency) ?? 0) + total.amount);
  return [...sums].map(([currency, amount]) => ({ amount, currency }));
}

/** `undefined` for what is no whole number from zero on. Nothing typed is zero. */
function readQuantity(typed = ''): number | undefined {
  const text = typed.trim();
  if (text === '') return 0;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function quantityFaults(quantities: Readonly<Record<string, string>>, offers: readonly Offer[]) {
  const wrong = offers.filter(({ sku }) => readQuantity(quantities[sku]) === undefined);
  return wrong.map(({ sku }) => [`/quantities/${sku}`, 'must be a whole number'] as const);
}

/** What stands in a field: nothing in a choice that the country does not have, such as a state of the country before. */
export function typedIn({ name, options }: Field, typed: Draft['address']): string {
  const text = typed[name]?.trim() ?? '';
  return options && !options.some(({ value }) => value === text) ? '' : text;
}

type Field = CountryForm['fields'][number];

/** The fields of the country that are filled in. */
function addressOf(typed: Draft['address'], { code, fields }: CountryForm): OrderRequest['deliverTo'] {
  const parts = fields.map((field) => [field.name, typedIn(field, typed)] as const).filter(([, text]) => text !== '');
  return { ...Object.fromEntries(parts), country: code } as OrderRequest['deliverTo'];
}

function addressFaults(typed: Draft['address'], { fields, oneOf = [] }: CountryForm) {
  const empty = fields.filter((field) => typedIn(field, typed) === '');
  const missing = empty.filter(({ required }) => required).map(({ name }) => name);
  const [first] = oneOf;
  if (first !== undefined && oneOf.every((name) => empty.some((field) => field.name === name))) missing.push(first);
  return missing.map((name) => [`/deliverTo/${name}`, 'is required'] as const);
}

/** The faults that the API has found, at the places where they were typed. What belongs to no field is left out: its problem tells. */
export function faultsFrom(
  errors: readonly { readonly pointer: string; readonly detail: string }[],
  { lines }: Pick<OrderRequest, 'lines'>,
): Faults {
  return new Map(errors.map(({ pointer, detail }) => [placeOf(pointer, lines), detail]));
}

function placeOf(pointer: string, lines: OrderRequest['lines']): string {
  const [, line] = /^\/lines\/(\d+)(?:\/|$)/.exec(pointer) ?? [];
  const sku = line === undefined ? undefined : lines[Number(line)]?.sku;
  return sku === undefined ? pointer : `/quantities/${sku}`;
}
