import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { OrderId } from '../../domain/ids.ts';
import { type Attention, OPEN_STAGES, type Stage } from '../../domain/order.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';

/** What the orders' rows say of those that need a person. */
export interface RowAttention {
  readonly id: OrderId;
  readonly stage: Stage;
  readonly attention: Attention;
  readonly sellerId: string;
}

/** An order that has not ended, as its row says. */
export type OpenRow = Readonly<Pick<Row<'Order'>, 'id' | 'stage' | 'sellerId' | 'updatedAt'>>;

const MOST_ROWS = 10_000;

/** Every order whose row shows attention, also of orders that have ended. */
export async function rowsWithAttention(em: EntityManager): Promise<RowAttention[]> {
  return withAttention(em)
    .select(['id', 'stage', 'attention', 'sellerId'])
    .orderBy('id')
    .limit(MOST_ROWS)
    .$narrowType<{ attention: Attention }>()
    .execute();
}

/** The seller or the distributor that orders wait for. */
export type AwaitedParty = { readonly sellerId: string } | { readonly distributorId: string };

/**
 * The orders of that party that another registration may help on, by id, beginning after `after`: those that show attention, and a
 * seller's own unpaid ones, which wait for its demand until the office is to demand in its name.
 */
export async function ordersAwaiting(
  em: EntityManager,
  party: AwaitedParty,
  { limit, after }: { limit: number; after?: OrderId },
): Promise<OrderId[]> {
  const all = kyselyOf(em).selectFrom('Order').select('id');
  const own =
    'sellerId' in party
      ? all
          .where('sellerId', '=', party.sellerId)
          .where((order) => order.or([order('attention', 'is not', null), order.and(AWAITS_DEMAND)]))
      : all.where('distributorId', '=', party.distributorId).where('attention', 'is not', null);
  const rest = after ? own.where('id', '>', after) : own;
  return (await rest.orderBy('id').limit(limit).execute()).map(({ id }) => id);
}

const AWAITS_DEMAND = { paymentDemand: 'own', paymentStatus: 'held' } as const;

/** By its own index, which holds only these. */
function withAttention(em: EntityManager) {
  return kyselyOf(em).selectFrom('Order').where('attention', 'is not', null);
}

/** Orders that have not ended and whose row has not changed since; `undefined` when there are too many to compare at once. */
export async function quietOpenRows(em: EntityManager, since: Date): Promise<OpenRow[] | undefined> {
  const rows = await open(em)
    .where('updatedAt', '<', since)
    .limit(MOST_ROWS + 1)
    .execute();
  return rows.length > MOST_ROWS ? undefined : rows;
}

/** Those of the given orders that have not ended. */
export async function openRows(em: EntityManager, orderIds: readonly OrderId[]): Promise<OpenRow[]> {
  // As one array: a list of marks would be another statement for each length.
  return open(em)
    .where('id', '=', sql<OrderId>`any(${orderIds}::text[])`)
    .execute();
}

function open(em: EntityManager) {
  return kyselyOf(em)
    .selectFrom('Order')
    .select(['id', 'stage', 'sellerId', 'updatedAt'])
    .where('stage', 'in', OPEN_STAGES);
}
