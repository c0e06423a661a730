import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import type { MessageRecord } from '../../domain/need-to-know-messages.ts';
import { PartyMessage } from '../../entities/party-message.entity.ts';
import { ForgottenError, type Sealer } from '../../platform/sealing.ts';

/** All messages of an order, in the order in which they were made. An order has some ten, so there are no pages. */
export async function readMessages(em: EntityManager, orderId: OrderId): Promise<MessageRecord[]> {
  const rows = await em.find(
    PartyMessage,
    { orderId },
    { orderBy: { sentAt: 'asc', id: 'asc' }, disableIdentityMap: true },
  );
  return rows.map(recordOf);
}

/** A message and its receipt with their texts (compact JWS); `null` what is withheld, not there, or of a buyer who was forgotten. */
export type OpenedMessage = Omit<MessageRecord, 'messageSealed' | 'receiptSealed'> & {
  readonly message: string | null;
  readonly receipt: string | null;
};

/** A message as it is shown: what is still sealed in it is for its reader (`projectMessage`), and opened here. */
export async function openMessage(sealer: Sealer, record: MessageRecord): Promise<OpenedMessage> {
  const { messageSealed, receiptSealed, ...shown } = record;
  const [message, receipt] = await Promise.all([opened(sealer, messageSealed), opened(sealer, receiptSealed)]);
  return { ...shown, message, receipt };
}

async function opened(sealer: Sealer, sealed: string | null): Promise<string | null> {
  if (sealed === null) return null;
  try {
    return await sealer.open<string>(sealed);
  } catch (error) {
    if (error instanceof ForgottenError) return null;
    throw error;
  }
}

function recordOf(row: PartyMessage): MessageRecord {
  const { id, kind, attempt, sentAt, lastAttemptAt, attempts, messageSealed, receiptSealed, verdict, fault } = row;
  return {
    id,
    kind,
    from: row.sender,
    to: row.recipient,
    attempt: attempt ?? null,
    sentAt: sentAt.toISOString(),
    lastAttemptAt: lastAttemptAt?.toISOString() ?? null,
    attempts,
    messageSealed,
    receiptSealed: receiptSealed ?? null,
    verdict: verdict ?? null,
    receiptedAt: row.receiptedAt?.toISOString() ?? null,
    fault: fault ?? null,
    keys: row.receiptKey ?? null,
  };
}
