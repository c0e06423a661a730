import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import type { Attention } from '../../domain/order.ts';
import { isEnded, STAGES, type Stage } from '../../domain/stages.ts';
import { Order } from '../../entities/order.entity.ts';

/** What the orders' rows say of those that need a person. */
export interface RowAttention {
  readonly id: string;
  readonly stage: Stage;
  readonly attention: Attention;
  readonly sellerId: string;
}

/** An order that has not ended, as its row says. */
export interface OpenRow {
  readonly id: string;
  readonly stage: Stage;
  readonly sellerId: string;
  readonly updatedAt: Date;
}

const OPEN = `{${STAGES.filter((stage) => !isEnded(stage)).join(',')}}`;
const MOST_ROWS = 10_000;

/** Every order whose row shows attention, also of orders that have ended. */
export async function rowsWithAttention(em: EntityManager): Promise<RowAttention[]> {
  return em.execute<RowAttention[]>(
    `select id, stage, attention, seller_id as "sellerId" from orders where attention is not null order by id limit ?`,
    [MOST_ROWS],
  );
}

/** Orders that have not ended and whose row has not changed since; `undefined` when there are too many to compare at once. */
export async function quietOpenRows(em: EntityManager, since: Date): Promise<OpenRow[] | undefined> {
  const rows = await em.execute<OpenRow[]>(`${SELECT_OPEN} and updated_at < ? limit ?`, [OPEN, since, MOST_ROWS + 1]);
  return rows.length > MOST_ROWS ? undefined : rows.map(withDate);
}

/** Those of the given orders that have not ended. */
export async function openRows(em: EntityManager, orderIds: readonly string[]): Promise<OpenRow[]> {
  const rows = await em.execute<OpenRow[]>(`${SELECT_OPEN} and id = any(?::text[])`, [OPEN, `{${orderIds.join(',')}}`]);
  return rows.map(withDate);
}

const SELECT_OPEN = `
  select id, stage, seller_id as "sellerId", updated_at as "updatedAt" from orders where stage = any(?::text[])`;

function withDate(row: OpenRow): OpenRow {
  return { ...row, updatedAt: new Date(row.updatedAt) };
}

/** The seller or the distributor that orders wait for. */
export type AwaitedParty = { readonly sellerId: string } | { readonly distributorId: string };

/** The orders of that party whose row shows attention, by id, beginning after `after`. Costs what there is that is stuck. */
export async function stuckOrdersOf(
  em: EntityManager,
  party: AwaitedParty,
  { limit, after }: { limit: number; after?: OrderId },
): Promise<OrderId[]> {
  const stuck = await em.find(
    Order,
    { ...party, attention: { $ne: null }, ...(after && { id: { $gt: after } }) },
    { fields: ['id'], orderBy: { id: 'asc' }, limit },
  );
  return stuck.map(({ id }) => id);
}
