import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { OrderId } from '../../domain/ids.ts';
import type { Stage } from '../../domain/order.ts';
import { Account } from '../../entities/account.entity.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';
import { Distributor } from '../../entities/distributor.entity.ts';
import { Seller } from '../../entities/seller.entity.ts';

/** An order that waits for one of its parties, as it may: nothing is wrong with it, unless it waits for too long. */
export interface WaitingOrder {
  readonly id: string;
  readonly stage: Stage;
  /** A party's id. */
  readonly waitingFor: string;
  readonly what: string;
  readonly since: Date;
}

/** One of the list, with where it stands there. */
export type ListedWaitingOrder = WaitingOrder & { readonly place: WaitingPlace };

/** A place in the list: since when, in UTC to the microsecond, and which order. */
export interface WaitingPlace {
  readonly since: string;
  readonly id: string;
}

export interface WaitingFilter {
  /** Only what waits for this party. */
  readonly party?: string;
  readonly stage?: WaitingStage;
  /** Also deliveries that are on their way in time. */
  readonly all?: boolean;
  /** Only those behind this place. */
  readonly after?: WaitingPlace;
  /** How many at most. */
  readonly limit?: number;
}

/** A stage in which orders wait for a party. */
export type WaitingStage = Row<'WaitingOrder'>['stage'];

/** Every one of them: delivered orders wait where their seller demands its payment itself. */
export const WAITING_STAGES = [
  'check_issued',
  'presented',
  'accepted',
  'scheduled',
  'in_distribution',
  'delivered',
] as const satisfies readonly WaitingStage[];

const MOST_ROWS = 1_000;

/** Lists what waits for a party and needs nobody else, the longest first. */
export async function waitingOrders(em: EntityManager, filter: WaitingFilter = {}): Promise<ListedWaitingOrder[]> {
  const { party, stage, all = false, after, limit = MOST_ROWS } = filter;
  let query = waitingRows(em, { all })
    .selectAll()
    .select(sql<string>`to_char(since, ${PLACE})`.as('sinceMicros'));
  if (party) query = query.where('waitingFor', '=', party);
  if (stage) query = query.where('stage', '=', stage);
  if (after) query = query.where(sql<boolean>`(since, id) > (${after.since}::timestamptz, ${after.id})`);
  const orders = await query.orderBy('since').orderBy('id').limit(limit).execute();
  return orders.map((order) => ({ ...waitingOrder(order), place: { since: order.sinceMicros, id: order.id } }));
}

/** For whom one order waits, also for a delivery that is not due yet; `undefined` when it waits for nobody. */
export async function waitOf(em: EntityManager, orderId: OrderId): Promise<WaitingOrder | undefined> {
  const order = await waitingRows(em, { all: true }).selectAll().where('id', '=', orderId).executeTakeFirst();
  return order && waitingOrder(order);
}

function waitingOrder(order: Row<'WaitingOrder'>): WaitingOrder {
  const { id, stage, waitingFor, since } = order;
  return { id, stage, waitingFor, what: whatFor(order), since };
}

/** The session's zone is UTC. */
const PLACE = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';

/** Every row that waits for a party; without `all` not the deliveries that are on their way in time. */
export function waitingRows(em: EntityManager, { all }: { readonly all: boolean }) {
  const rows = kyselyOf(em).selectFrom('WaitingOrder');
  if (all) return rows;
  return rows.where((order) =>
    order.or([
      order('deliverAt', 'is', null),
      order('deliverAt', '<', sql<Date>`now()`),
      order('stage', '=', 'delivered'),
    ]),
  );
}

/** What an order at that stage waits for. */
export function whatFor({ stage, paymentIndicated }: Pick<Row<'WaitingOrder'>, 'stage' | 'paymentIndicated'>): string {
  switch (stage) {
    case 'check_issued':
      return 'to present the check';
    case 'presented':
      return 'to accept or refuse';
    case 'accepted':
      return paymentIndicated ? 'to fix date and time' : 'to indicate the payment';
    case 'scheduled':
    case 'in_distribution':
      return 'to deliver';
    case 'delivered':
      return 'to demand its payment';
  }
}

/** Whether somebody has this id for whom an order could wait. */
export async function isParty(em: EntityManager, id: string): Promise<boolean> {
  const [accounts, sellers, distributors] = [
    em.count(Account, { id }),
    em.count(Seller, { id }),
    em.count(Distributor, { id }),
  ];
  return (await Promise.all([accounts, sellers, distributors])).some((found) => found > 0);
}
