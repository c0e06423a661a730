import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import { PartyMessage } from '../../entities/party-message.entity.ts';

/** Whether that party's own server was ever sent a message of the order. */
export async function wasSent(em: EntityManager, orderId: OrderId, party: string): Promise<boolean> {
  return (await em.count(PartyMessage, { orderId, recipient: party, attempts: { $gt: 0 } })) > 0;
}
