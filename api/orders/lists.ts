import { isCurrency } from '../../domain/money.ts';
import { type OrderNeedingAttention, ordersNeedingAttention, withTrueCause } from '../../office/attention/index.ts';
import {
  type OrderFilter,
  type OrderRecord,
  listOrders,
  ordersFitting,
  readOrders,
} from '../../office/orders/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import { scopeOf, type Party } from '../auth/tokens.ts';
import type { ApiDeps, AppDeps } from '../deps.ts';
import { attentionCursor, orderCursor, type AttentionPosition } from '../http/cursor.ts';
import { isOutage } from '../http/outage.ts';
import { Problem } from '../http/problem.ts';
import { linksOf, orderJson } from './json.ts';
import { asWatched } from './watched.ts';

interface ListQuery extends OrderFilter {
  readonly limit: number;
  readonly cursor?: string;
}

/** A page of the party's own orders (an operator's: everybody's), newest first. */
export async function ordersPage(deps: AppDeps, party: Party, query: ListQuery) {
  const scope = scopeOf(party);
  const before = orderCursor.read(query.cursor);
  const page = await listOrders(deps.orm.em.fork(), { ...query, scope, before });
  const data = await Promise.all(
    page.orders.map(async (order) => orderJson(await asWatched(order, party, deps), party, deps)),
  );
  return { data, nextCursor: orderCursor.print(page.next) };
}

/**
 * The orders that need a person, the longest waiting first. Temporal and the books say which; while the books cannot be read,
 * Temporal alone. Pages go by place and id, so none is left out when earlier ones are repaired meanwhile.
 */
export async function attentionPage(deps: ApiDeps, party: Party, query: ListQuery) {
  if (party.role !== 'operator') throw new Problem('forbidden', 'The attention list is for the operator.');
  const after = attentionCursor.read(query.cursor);
  const { health } = deps.gateway;
  const all = await ifReadable(
    () => ordersNeedingAttention(health, deps.orm.em.fork()),
    () => ordersNeedingAttention(health, undefined),
  );
  const fitting = await fittingOrders(deps, all, query);
  const wanted = fitting.filter((order) => !after || isAfter(order, after));
  const page = wanted.slice(0, query.limit);
  const orders = await Promise.all(page.map((order) => withTrueCause(health, order)));
  const records = await readWhatCanBeRead(deps, orders);
  const data = await Promise.all(orders.map((order) => attentionJson(order, records.get(order.id), party, deps)));
  return { data, nextCursor: attentionCursor.print(wanted.length > page.length ? page.at(-1) : undefined) };
}

/** Whether an order stands after the position of a cursor. */
function isAfter(order: AttentionPosition, cursor: AttentionPosition): boolean {
  return order.place > cursor.place || (order.place === cursor.place && order.id > cursor.id);
}

/** Stage and seller Temporal knows as well; for the rest the books are asked, and must be there. */
async function fittingOrders(
  { orm }: ApiDeps,
  orders: readonly OrderNeedingAttention[],
  { stage, sellerId, buyerId, distributorId, createdAfter, createdBefore }: ListQuery,
): Promise<readonly OrderNeedingAttention[]> {
  const known = orders.filter(
    (order) => (stage ?? order.stage) === order.stage && (sellerId ?? order.sellerId) === order.sellerId,
  );
  const inBooks = { buyerId, distributorId, createdAfter, createdBefore };
  if (Object.values(inBooks).every((value) => value === undefined)) return known;
  const ids = known.map(({ id }) => id);
  const fitting = await withinDeadline(ordersFitting(orm.em.fork(), ids, inBooks), TIMEOUT_MS);
  return known.filter(({ id }) => fitting.has(id));
}

async function readWhatCanBeRead(
  deps: ApiDeps,
  orders: readonly OrderNeedingAttention[],
): Promise<Map<string, OrderRecord>> {
  const ids = orders.map((order) => order.id);
  const records = await ifReadable(
    () => readOrders(deps.orm.em.fork(), ids),
    async () => [],
  );
  return new Map(records.map((record) => [record.view.id, record]));
}

/** How long the database may take before the list does without it. */
const TIMEOUT_MS = 5_000;

/** The database may be what is wrong: it is away, or hangs. Then the answer is what there is without it. */
async function ifReadable<Result>(read: () => Promise<Result>, without: () => Promise<Result>): Promise<Result> {
  try {
    return await withinDeadline(read(), TIMEOUT_MS);
  } catch (error) {
    if (isOutage(error)) return without();
    throw error;
  }
}

async function attentionJson(
  order: OrderNeedingAttention,
  record: OrderRecord | undefined,
  party: Party,
  deps: ApiDeps,
) {
  const { id, stage, attention, sellerId, distributorId, amount } = order;
  if (record) return orderJson({ ...record, view: { ...record.view, attention } }, party, deps);
  const charge = amount && isCurrency(amount.currency) ? { amount: amount.minor, currency: amount.currency } : null;
  return { id, stage, attention, sellerId, distributorId, charge, links: linksOf(id, deps) };
}
