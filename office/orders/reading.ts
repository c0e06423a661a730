import type { EntityManager } from '@mikro-orm/postgresql';
import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Ending, OrderView, PaymentStatus, Stage } from '../../domain/order.ts';
import type { OrderId } from '../../domain/ids.ts';
import { moneyToJson, type Currency, type MoneyJson } from '../../domain/money.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';
import { OrderEvent } from '../../entities/order-event.entity.ts';

/** An order as its parties see it, with the digest that tells a repeated request from another one. */
export interface OrderRecord {
  readonly view: OrderView;
  readonly requestDigest: string;
  /** How it was decided to end early, also while that is not done yet. */
  readonly ending?: Ending;
  /** RFC 3339; absent while it is open. */
  readonly endedAt?: string;
}

/**
 * Whose orders to read: a party's own (as buyer, seller or distributor) as far as they exist for it (`EXISTS_FROM`), or
 * everybody's.
 */
export type Scope =
  | { readonly role: 'buyer' | 'seller' | 'distributor'; readonly partyId: string }
  | { readonly role: 'operator' };

/** What orders a list shows. Times are RFC 3339 in UTC; both bounds lie outside. */
export interface OrderFilter {
  readonly stage?: Stage;
  readonly buyerId?: string;
  readonly sellerId?: string;
  readonly distributorId?: string;
  readonly createdAfter?: string;
  readonly createdBefore?: string;
}

export interface OrderListing extends OrderFilter {
  readonly scope: Scope;
  /** Orders strictly older than this place in the list. */
  readonly before?: ListPlace;
  readonly limit: number;
}

/** A place in the list, newest first: creation time in UTC to the microsecond, whatever the session's zone, then the id. */
export interface ListPlace {
  readonly createdAt: string;
  readonly id: string;
}

export interface OrderPage {
  readonly orders: readonly OrderRecord[];
  /** Absent on the last page. */
  readonly next?: ListPlace;
}

/** Reads one order that lies within `scope`; `undefined` when there is none. */
export async function readOrder(
  em: EntityManager,
  orderId: OrderId,
  scope: Scope = { role: 'operator' },
): Promise<OrderRecord | undefined> {
  const row = await ordersWithin(em, scope).where('id', '=', orderId).executeTakeFirst();
  return row && recordOf(row);
}

/** Reads several orders by id, in no particular order; what does not exist is left out. */
export async function readOrders(em: EntityManager, orderIds: readonly OrderId[]): Promise<OrderRecord[]> {
  if (orderIds.length === 0) return [];
  const rows = await withIds(em, orderIds).execute();
  return rows.map(recordOf);
}

/** How many presentations of the order's check were refused so far. */
export function countRefusedPresentations(em: EntityManager, orderId: string): Promise<number> {
  return em.count(OrderEvent, { orderId, type: 'check_refused' });
}

/** Whether the check office has its own record of the completion, which releases the payment (claim 23). */
export async function isCompletionOnRecord(em: EntityManager, orderId: string): Promise<boolean> {
  return (await em.count(OrderEvent, { orderId, key: 'completion_notified_office' })) > 0;
}

/**
 * How often something was removed that kept a party of the order from a step: a suspension was lifted, the check was validated. What it
 * was refused before, it may say again.
 */
export async function countRemovedHindrances(em: EntityManager, orderId: string): Promise<number> {
  // Raw: one event compared with earlier ones of the same order, by what their bodies say.
  const [row] = await em.execute<{ removed: number }[]>(
    `select count(*)::int as removed from order_events c where c.order_id = ? and (c.key = 'check_validated'
       or c.type = 'attention_cleared' and exists (
         select 1 from order_events r where r.order_id = c.order_id and r.type = 'attention_raised' and r.id < c.id
           and r.body->>'step' = c.body->>'step' and r.body->>'reason' in ('SellerSuspended', 'DistributorSuspended')))`,
    [orderId],
  );
  return row?.removed ?? 0;
}

/** A page ends early behind so many lines of goods: a hundred baskets of a thousand lines would be more than an answer carries. */
const MOST_LINES_OF_A_PAGE = 5_000;

/**
 * Lists orders, newest first, by keyset: the cost of a page does not grow with its distance from the start. First the places
 * and how large each basket is, then what fits into the page.
 */
export async function listOrders(em: EntityManager, listing: OrderListing): Promise<OrderPage> {
  const { scope, before, limit, ...filter } = listing;
  const fitting = narrowed(ordersWithin(em, scope), filter);
  const places = await (before ? fitting.where(olderThan(before)) : fitting)
    .clearSelect()
    .select(['id', 'createdAtMicros', sql<number>`jsonb_array_length(${sql.ref('lines')})`.as('lineCount')])
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  let lines = 0;
  const page = places.slice(0, limit).filter(({ lineCount }) => {
    const fits = lines <= MOST_LINES_OF_A_PAGE;
    lines += lineCount;
    return fits;
  });
  const found = await readOrders(
    em,
    page.map(({ id }) => id),
  );
  const byId = new Map(found.map((order) => [order.view.id, order]));
  const last = page.at(-1);
  return {
    orders: page.flatMap(({ id }) => byId.get(id) ?? []),
    next: last && places.length > page.length ? { createdAt: last.createdAtMicros, id: last.id } : undefined,
  };
}

/** Those of the given orders that a filter lets through. */
export async function ordersFitting(
  em: EntityManager,
  orderIds: readonly OrderId[],
  filter: OrderFilter,
): Promise<ReadonlySet<OrderId>> {
  return new Set((await narrowed(withIds(em, orderIds), filter).execute()).map(({ id }) => id));
}

/** As one array: a list of marks would be another statement for each length. */
function withIds(em: EntityManager, orderIds: readonly OrderId[]): Orders {
  return ordersWithin(em, { role: 'operator' }).where('id', '=', sql<OrderId>`any(${orderIds}::text[])`);
}

type Orders = ReturnType<typeof ordersWithin>;

function narrowed(orders: Orders, filter: OrderFilter): Orders {
  const { stage, buyerId, sellerId, distributorId, createdAfter, createdBefore } = filter;
  let query = orders;
  if (stage) query = query.where('stage', '=', stage);
  if (buyerId) query = query.where('buyerId', '=', buyerId);
  if (sellerId) query = query.where('sellerId', '=', sellerId);
  if (distributorId) query = query.where('distributorId', '=', distributorId);
  if (createdAfter) query = query.where('createdAt', '>', new Date(createdAfter));
  if (createdBefore) query = query.where('createdAt', '<', new Date(createdBefore));
  return query;
}

/** A row comparison, which the index on both columns answers; the time stays text, for a `Date` would lose its microseconds. */
function olderThan({ createdAt, id }: ListPlace): RawBuilder<SqlBool> {
  return sql`(${sql.ref('createdAt')}, ${sql.ref('id')}) < (${createdAt}::timestamptz, ${id})`;
}

function ordersWithin(em: EntityManager, scope: Scope) {
  const all = kyselyOf(em).selectFrom('OrderWithCheck').selectAll();
  if (scope.role === 'operator') return all;
  const own = all.where(`${scope.role}Id`, '=', scope.partyId);
  const since = EXISTS_SINCE[scope.role];
  return since ? own.where(since, 'is not', null) : own;
}

/** The columns of `EXISTS_FROM`. */
const EXISTS_SINCE = { buyer: undefined, seller: 'presentedAt', distributor: 'instructedAt' } as const;

function recordOf(row: Row<'OrderWithCheck'>): OrderRecord {
  const { requestDigest, ending, endedAt } = row;
  const ends = { ...(ending && { ending }), ...(endedAt && { endedAt: endedAt.toISOString() }) };
  return { requestDigest, view: viewOf(row), ...ends };
}

function viewOf(row: Row<'OrderWithCheck'>): OrderView {
  const { id, stage, attention, refusal, buyerId, sellerId, distributorId, lines, deliverToSealed, settleOn } = row;
  return {
    id,
    stage,
    attention,
    refusal,
    buyerId,
    sellerId,
    distributorId,
    lines,
    charge: money(row.chargeAmount, row.currency),
    deliverToSealed,
    settleOn,
    echeck: checkOf(row),
    distribution: distributionOf(row),
    payment: { status: row.paymentStatus, amount: money(PAYMENT_AMOUNT[row.paymentStatus](row), row.currency) },
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** Which sum a payment status speaks of. */
const PAYMENT_AMOUNT: Record<PaymentStatus, (row: Row<'OrderWithCheck'>) => bigint | null> = {
  none: () => null,
  held: (row) => row.chargeAmount,
  voided: (row) => row.chargeAmount,
  settled: (row) => row.settledAmount,
  refunded: (row) => row.refundedAmount,
};

/** The check's columns are there together or not at all. */
function checkOf(row: Row<'OrderWithCheck'>): OrderView['echeck'] {
  const { checkNumber: number, checkStatus: status, checkExpiresAt: expiresAt, checkJws: jws } = row;
  if (number === null || status === null || expiresAt === null || jws === null) return null;
  return { number, status, expiresAt: expiresAt.toISOString(), jws };
}

function distributionOf({ deliverAt, distributionStatus }: Row<'OrderWithCheck'>): OrderView['distribution'] {
  if (deliverAt === null && distributionStatus === null) return null;
  return { deliverAt: deliverAt?.toISOString() ?? null, status: distributionStatus ?? 'scheduled' };
}

/** `null` where there is no currency yet: an order that was never priced has no charge. */
function money(amountMinor: bigint | null, currency: Currency | null): MoneyJson | null {
  if (amountMinor === null || currency === null) return null;
  return moneyToJson({ amountMinor, currency });
}
