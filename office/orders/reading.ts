import type { EntityManager } from '@mikro-orm/postgresql';
import type { Ending } from '../../domain/ending.ts';
import type { Currency, MoneyJson } from '../../domain/money.ts';
import type { Attention, OrderRefusal, OrderView, PaymentStatus, PricedLine, SettleOn } from '../../domain/order.ts';
import type { CheckStatus } from '../../domain/echeck.ts';
import type { CheckNumber, OrderId } from '../../domain/ids.ts';
import type { Stage } from '../../domain/stages.ts';

/** An order as its parties see it, with the digest that tells a repeated request from another one. */
export interface OrderRecord {
  readonly view: OrderView;
  readonly requestDigest: string;
  /** How it was decided to end early, also while that is not done yet. */
  readonly ending?: Ending;
}

/** Whose orders to read: a party's own (as buyer, seller or distributor), or everybody's. */
export type Scope =
  | { readonly role: 'buyer' | 'seller' | 'distributor'; readonly partyId: string }
  | { readonly role: 'operator' };

export interface OrderFilter {
  readonly scope: Scope;
  readonly stage?: Stage;
  readonly sellerId?: string;
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
  orderId: string,
  scope: Scope = { role: 'operator' },
): Promise<OrderRecord | undefined> {
  const { sql, values } = within(scope);
  const rows = await em.execute<OrderRow[]>(`${SELECT_ORDER} where o.id = ? and ${sql}`, [orderId, ...values]);
  return rows[0] && recordOf(rows[0]);
}

/** Reads several orders by id, in no particular order; what does not exist is left out. */
export async function readOrders(em: EntityManager, orderIds: readonly string[]): Promise<OrderRecord[]> {
  if (orderIds.length === 0) return [];
  const marks = orderIds.map(() => '?').join(', ');
  const rows = await em.execute<OrderRow[]>(`${SELECT_ORDER} where o.id in (${marks})`, [...orderIds]);
  return rows.map(recordOf);
}

/** How many presentations of the order's check were refused so far. */
export async function countRefusedPresentations(em: EntityManager, orderId: string): Promise<number> {
  const [row] = await em.execute<{ refused: number }[]>(
    `select count(*)::int as refused from order_events where order_id = ? and type = 'check_refused'`,
    [orderId],
  );
  return row?.refused ?? 0;
}

/** Lists orders, newest first, by keyset: the cost of a page does not grow with its distance from the start. */
export async function listOrders(em: EntityManager, filter: OrderFilter): Promise<OrderPage> {
  const conditions = [within(filter.scope)];
  if (filter.stage) conditions.push({ sql: 'o.stage = ?', values: [filter.stage] });
  if (filter.sellerId) conditions.push({ sql: 'o.seller_id = ?', values: [filter.sellerId] });
  if (filter.before) {
    const { createdAt, id } = filter.before;
    conditions.push({ sql: '(o.created_at, o.id) < (?::timestamptz, ?)', values: [createdAt, id] });
  }
  const where = conditions.map((condition) => condition.sql).join(' and ');
  const values = conditions.flatMap((condition) => condition.values);
  const rows = await em.execute<OrderRow[]>(
    `${SELECT_ORDER} where ${where} order by o.created_at desc, o.id desc limit ?`,
    [...values, filter.limit + 1],
  );
  const page = rows.slice(0, filter.limit);
  const last = page.at(-1);
  const more = rows.length > filter.limit && last !== undefined;
  return { orders: page.map(recordOf), next: more ? { createdAt: last.place, id: last.id } : undefined };
}

interface Condition {
  readonly sql: string;
  readonly values: readonly string[];
}

const PARTY_COLUMNS = { buyer: 'o.buyer_id', seller: 'o.seller_id', distributor: 'o.distributor_id' } as const;

function within(scope: Scope): Condition {
  if (scope.role === 'operator') return { sql: 'true', values: [] };
  return { sql: `${PARTY_COLUMNS[scope.role]} = ?`, values: [scope.partyId] };
}

const SELECT_ORDER = `
  select o.id, o.buyer_id, o.seller_id, o.distributor_id, o.stage, o.attention, o.refusal, o.ending, o.request_digest, o.lines,
    o.charge_amount::text, o.currency, o.deliver_to_sealed, o.settle_on, o.deliver_at, o.distribution_status,
    o.payment_status, o.settled_amount::text, o.refunded_amount::text, o.created_at, o.updated_at,
    to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place, c.number, c.status as check_status, c.expires_at, c.jws
  from orders o left join echecks c on c.order_id = o.id`;

interface OrderRow {
  id: OrderId;
  buyer_id: string;
  seller_id: string;
  distributor_id: string;
  stage: Stage;
  attention: Attention | null;
  refusal: OrderRefusal | null;
  ending: Ending | null;
  request_digest: string;
  lines: PricedLine[];
  charge_amount: string;
  currency: Currency | null;
  deliver_to_sealed: string;
  settle_on: SettleOn;
  deliver_at: string | Date | null;
  distribution_status: string | null;
  payment_status: PaymentStatus;
  settled_amount: string;
  refunded_amount: string;
  created_at: string | Date;
  updated_at: string | Date;
  place: string;
  number: CheckNumber | null;
  check_status: CheckStatus;
  expires_at: string | Date;
  jws: string;
}

function recordOf(row: OrderRow): OrderRecord {
  return { requestDigest: row.request_digest, view: viewOf(row), ...(row.ending && { ending: row.ending }) };
}

function viewOf(row: OrderRow): OrderView {
  return {
    id: row.id,
    stage: row.stage,
    attention: row.attention,
    refusal: row.refusal,
    buyerId: row.buyer_id,
    sellerId: row.seller_id,
    distributorId: row.distributor_id,
    lines: row.lines,
    charge: money(row.charge_amount, row.currency),
    deliverToSealed: row.deliver_to_sealed,
    settleOn: row.settle_on,
    echeck: checkOf(row),
    distribution: distributionOf(row),
    payment: { status: row.payment_status, amount: money(PAYMENT_AMOUNT[row.payment_status](row), row.currency) },
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at),
  };
}

/** Which sum a payment status speaks of. */
const PAYMENT_AMOUNT: Record<PaymentStatus, (row: OrderRow) => string | null> = {
  none: () => null,
  held: (row) => row.charge_amount,
  voided: (row) => row.charge_amount,
  settled: (row) => row.settled_amount,
  refunded: (row) => row.refunded_amount,
};

function checkOf(row: OrderRow): OrderView['echeck'] {
  if (row.number === null) return null;
  return { number: row.number, status: row.check_status, expiresAt: instant(row.expires_at), jws: row.jws };
}

function distributionOf(row: OrderRow): OrderView['distribution'] {
  if (row.deliver_at === null && row.distribution_status === null) return null;
  const deliverAt = row.deliver_at === null ? null : instant(row.deliver_at);
  return { deliverAt, status: row.distribution_status ?? 'scheduled' };
}

/** `null` where there is no currency yet: an order that was never priced has no charge. */
function money(amountMinor: string | null, currency: Currency | null): MoneyJson | null {
  if (amountMinor === null || currency === null) return null;
  return { amount: Number(amountMinor), currency };
}

function instant(value: string | Date): string {
  return new Date(value).toISOString();
}
