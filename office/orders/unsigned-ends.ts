import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { OrderId } from '../../domain/ids.ts';
import { type Ending, isEnded, type Stage } from '../../domain/order.ts';
import { kyselyOf } from '../../entities/database.ts';
import { PartyMessage } from '../../entities/party-message.entity.ts';

/** How an order stands on record. */
interface Standing {
  readonly stage: Stage;
  readonly ending: Ending | null;
}

/**
 * Whether the order has ended early, and a party's own server that was sent messages of it has not signed for the end: it may still keep
 * the goods for the order, or drive them.
 */
export async function isEndUnsigned(
  em: EntityManager,
  orderId: OrderId,
  { stage, ending }: Standing,
): Promise<boolean> {
  if (!isEnded(stage) || stage === 'completed' || !ending) return false;
  const sent = await em.find(
    PartyMessage,
    { orderId, attempts: { $gt: 0 } },
    { fields: ['recipient', 'kind', 'verdict'], disableIdentityMap: true },
  );
  const isEnd = ({ kind, verdict }: (typeof sent)[number]) =>
    (kind === 'ended' || kind === 'withdrawn') && verdict !== null;
  const signers = new Set(sent.filter(isEnd).map(({ recipient }) => recipient));
  return sent.some(({ recipient }) => !signers.has(recipient));
}

/** As long as a workflow waits for these receipts (`timeouts.endedNoticeMs`): then nobody is waited for any more. */
const WAITED_DAYS = 30;

/**
 * The same of all orders, for the list of those that need a person: mostly a workflow is at it. By an index of its own, which holds only
 * orders that ended early and had a party with a server.
 */
export function ordersWithUnsignedEnd(em: EntityManager, limit: number) {
  return kyselyOf(em)
    .selectFrom('Order')
    .select(['id', 'stage', 'sellerId', 'updatedAt'])
    .where(ENDED_WITH_SITE)
    .where('updatedAt', '>', sql<Date>`now() - make_interval(days => ${WAITED_DAYS})`)
    .where(UNSIGNED_END)
    .orderBy('updatedAt')
    .limit(limit)
    .execute();
}

/** Word for word the condition of its index; raw, for an index is found by its words. */
const ENDED_WITH_SITE = sql<boolean>`ending is not null and stage = (ending->>'stage') and (seller_agent = 'site' or distributor_agent = 'site')`;

/** Raw: each recipient against its own notice, a question within a question. */
const UNSIGNED_END = sql<boolean>`exists (
  select from party_messages m where m.order_id = orders.id and m.attempts > 0 and not exists (
    select from party_messages n where n.order_id = m.order_id and n.recipient = m.recipient
      and n.kind in ('ended', 'withdrawn') and n.verdict is not null))`;
