import { InvalidArgumentError } from 'commander';
import { isCancel, select, text } from '@clack/prompts';
import type { components } from '../../client/index.ts';
import { money } from './screen.ts';
import { ask, type Session } from './session.ts';
import { TerminalError } from './terminal-error.ts';

export type Commodity = components['schemas']['Commodity'];
export type DeliverTo = components['schemas']['DeliverTo'];
export type Line = components['schemas']['OrderLine'];

/** What a buyer says with options; what is missing is asked for where somebody sits at the terminal. */
export interface BasketOptions {
  readonly seller?: string;
  readonly distributor?: string;
  readonly line?: readonly Line[];
  readonly settleOn?: 'delivery' | 'notice';
  readonly idempotencyKey?: string;
  readonly name?: string;
  readonly street?: string;
  readonly street2?: string;
  readonly company?: string;
  readonly city?: string;
  readonly region?: string;
  readonly postalCode?: string;
  readonly country?: string;
  readonly phone?: string;
  readonly note?: string;
}

/** Everything that an order needs, at the charges that the buyer has seen. */
export interface Basket {
  readonly sellerId: string;
  readonly distributorId: string;
  readonly lines: readonly Line[];
  readonly deliverTo: DeliverTo;
  /** What the lines come to at the seller's charges of this moment. */
  readonly charge: { readonly amount: number; readonly currency: Commodity['price']['currency'] };
}

/** `--line flour-25kg=2`, once a commodity; without `=` it is one. */
export function lineOption(given: string, lines: readonly Line[] = []): readonly Line[] {
  const [, sku = '', count = '1'] = /^(.+?)(?:=(\d+))?$/s.exec(given) ?? [];
  const quantity = Number(count);
  if (sku === '' || quantity < 1) throw new InvalidArgumentError('Say it as SKU=QUANTITY, such as flour-25kg=2.');
  return [...lines, { sku, quantity }];
}

/** What the seller offers at its charges of this moment. */
export async function readCharges(session: Session, sellerId: string): Promise<readonly Commodity[]> {
  const all: Commodity[] = [];
  for (let cursor: string | undefined; ;) {
    const path = { sellerId };
    const page = await ask(session, () =>
      session.client.GET('/v1/sellers/{sellerId}/commodities', { params: { path, query: { cursor } } }),
    );
    all.push(...page.data);
    if (page.nextCursor === null) return all;
    cursor = page.nextCursor;
  }
}

/** Makes the basket out of options and answers. Throws `TerminalError` for what is missing and cannot be asked for. */
export async function fillBasket(session: Session, options: BasketOptions): Promise<Basket> {
  const sellerId = options.seller ?? (await chooseSeller(session));
  const offers = await readCharges(session, sellerId);
  const lines = options.line ?? [await chooseLine(session, offers)];
  const distributorId = options.distributor ?? (await chooseDistributor(session));
  return {
    sellerId,
    distributorId,
    lines,
    deliverTo: await addressFrom(session, options),
    charge: chargeOf(lines, offers),
  };
}

/** Throws `TerminalError` for a commodity that is not offered, and for lines of several currencies. */
function chargeOf(lines: readonly Line[], offers: readonly Commodity[]): Basket['charge'] {
  const prices = lines.map(({ sku, quantity }) => {
    const price = offers.find((offer) => offer.sku === sku.normalize('NFC'))?.price;
    if (price) return { ...price, amount: price.amount * quantity };
    throw new TerminalError(`${sku} is not offered.`, `Choose among: ${offers.map((offer) => offer.sku).join(', ')}`);
  });
  const [currency, ...others] = new Set(prices.map((price) => price.currency));
  if (currency === undefined || others.length > 0)
    throw new TerminalError('One order has one currency.', 'Order what is offered in another currency by itself.');
  return { amount: prices.reduce((sum, { amount }) => sum + amount, 0), currency };
}

async function chooseSeller(session: Session): Promise<string> {
  const { data: sellers } = await ask(session, () => session.client.GET('/v1/sellers'));
  const options = sellers.map(({ id, name }) => ({ value: id, label: `${name} (${id})` }));
  return chooseParty(session, '--seller', { message: 'From whom?', options });
}

async function chooseDistributor(session: Session): Promise<string> {
  const { data: distributors } = await ask(session, () => session.client.GET('/v1/distributors'));
  const options = distributors.map(({ id, name, countries }) => ({
    value: id,
    label: `${name} (${id}), delivers to ${listed(countries)}`,
  }));
  return chooseParty(session, '--distributor', { message: 'Brought by whom?', options });
}

interface Menu {
  readonly message: string;
  readonly options: { value: string; label: string }[];
}

async function chooseParty(session: Session, option: string, { message, options }: Menu): Promise<string> {
  requireSomebody(session, option, options.map(({ value }) => value).join(' or '));
  return answered(await select({ message, options }));
}

/** What fits into a line of the menu. */
const MOST_LISTED = 8;

function listed(countries: readonly string[]): string {
  const rest = countries.length - MOST_LISTED;
  return `${countries.slice(0, MOST_LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

async function chooseLine(session: Session, offers: readonly Commodity[]): Promise<Line> {
  requireSomebody(session, '--line', offers.map(({ sku }) => `${sku}=1`).join(' or '));
  const options = offers.map(({ sku, name, price }) => ({ value: sku, label: `${name}, ${money(price)}`, hint: sku }));
  const sku = answered(await select({ message: 'What?', options }));
  const count = await text({ message: 'How many?', initialValue: '1', validate: (said) => quantityFault(said ?? '') });
  return { sku, quantity: Number(answered(count)) };
}

function quantityFault(said: string): string | undefined {
  return /^[1-9]\d{0,6}$/.test(said) ? undefined : 'a whole number from 1 on';
}

/** What every address needs is asked for; what its country needs beside that the office says. */
async function addressFrom(session: Session, options: BasketOptions): Promise<DeliverTo> {
  const { company, street2, region, phone, note } = options;
  const name = options.name ?? (await askFor(session, '--name', 'Who receives it?'));
  const street = options.street ?? (await askFor(session, '--street', 'Street and number?'));
  const country = options.country ?? (await askFor(session, '--country', 'Country (DE, FR, GB, …)?'));
  const city = options.city ?? (await askIfSomebody(session, 'City?'));
  const postalCode = options.postalCode ?? (await askIfSomebody(session, 'Postal code?'));
  const given = { name, street, country, city, postalCode, company, street2, region, phone, note };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined && value !== ''),
  ) as DeliverTo;
}

async function askFor(session: Session, option: string, message: string): Promise<string> {
  requireSomebody(session, option);
  const validate = (said = ''): string | undefined => (said.trim() === '' ? 'is needed' : undefined);
  return answered(await text({ message, validate })).trim();
}

async function askIfSomebody({ interactive }: Session, message: string): Promise<string | undefined> {
  if (!interactive) return undefined;
  return answered(await text({ message: `${message} (empty where there is none)` })).trim();
}

function requireSomebody({ interactive }: Session, option: string, choice?: string): void {
  if (interactive) return;
  throw new TerminalError(`${option} is missing.`, choice ? `Give it: ${option} ${choice}` : `Give it: ${option}`);
}

function answered<Value>(answer: Value): Exclude<Value, symbol> {
  if (isCancel(answer)) throw new TerminalError('Nothing was ordered.', 'Begin again when you like.');
  return answer as Exclude<Value, symbol>;
}
