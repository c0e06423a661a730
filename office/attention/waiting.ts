import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
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

export interface WaitingFilter {
  /** Only what waits for this party. */
  readonly party?: string;
  readonly stage?: WaitingStage;
  /** Also deliveries that are on their way in time. */
  readonly all?: boolean;
}

/** A stage in which orders wait for a party. */
export type WaitingStage = Row<'WaitingOrder'>['stage'];

const MOST_ROWS = 1_000;

/** Lists what waits for a party and needs nobody else, the longest first. */
export async function waitingOrders(em: EntityManager, filter: WaitingFilter = {}): Promise<WaitingOrder[]> {
  const { party, stage, all = false } = filter;
  let query = kyselyOf(em).selectFrom('WaitingOrder').selectAll();
  if (party) query = query.where('waitingFor', '=', party);
  if (stage) query = query.where('stage', '=', stage);
  if (!all) {
    query = query.where((order) =>
      order.or([
        order('deliverAt', 'is', null),
        order('deliverAt', '<', sql<Date>`now()`),
        order('stage', '=', 'delivered'),
      ]),
    );
  }
  const orders = await query.orderBy('since').orderBy('id').limit(MOST_ROWS).execute();
  return orders.map((order) => {
    const { id, stage: at, waitingFor, since } = order;
    return { id, stage: at, waitingFor, what: whatFor(order), since };
  });
}

function whatFor({ stage, paymentIndicated }: Row<'WaitingOrder'>): string {
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
