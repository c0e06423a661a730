import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import { type Ending, isEnded, type Stage } from '../../domain/order.ts';
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
export async function isEndUnheard(em: EntityManager, orderId: OrderId, { stage, ending }: Standing): Promise<boolean> {
  if (!isEnded(stage) || stage === 'completed' || !ending) return false;
  const sent = await em.find(
    PartyMessage,
    { orderId, attempts: { $gt: 0 } },
    { fields: ['recipient', 'kind', 'verdict'], disableIdentityMap: true },
  );
  const isEnd = ({ kind, verdict }: (typeof sent)[number]) =>
    (kind === 'ended' || kind === 'withdrawn') && verdict !== null;
  const hasHeard = new Set(sent.filter(isEnd).map(({ recipient }) => recipient));
  return sent.some(({ recipient }) => !hasHeard.has(recipient));
}
