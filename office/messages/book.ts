import { raw, type EntityManager } from '@mikro-orm/postgresql';
import type { FaultOnRecord, PartyKey, Verdict } from '../../domain/party-messages.ts';
import { kyselyOf } from '../../entities/database.ts';
import { PartyMessage } from '../../entities/party-message.entity.ts';

/* The book of messages: what was sent, how often it was tried, and what came back. */

/** A message as it is kept. */
export type KeptMessage = Pick<
  PartyMessage,
  'id' | 'orderId' | 'kind' | 'attempt' | 'sender' | 'recipient' | 'messageSealed' | 'digest' | 'kid' | 'sentAt'
>;

export function findMessage(em: EntityManager, id: string): Promise<PartyMessage | null> {
  return em.findOne(PartyMessage, { id }, { disableIdentityMap: true });
}

/** Keeps a new message, unless another try has kept one: then that one is the message. */
export async function keepMessage(em: EntityManager, message: KeptMessage): Promise<PartyMessage> {
  await kyselyOf(em)
    .insertInto('PartyMessage')
    .values(message)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return em.findOneOrFail(PartyMessage, { id: message.id }, { disableIdentityMap: true });
}

/** Replaces the signature of a message whose key was revoked; the database refuses it for any other. */
export async function keepSignedAgain(
  em: EntityManager,
  id: string,
  signed: Pick<KeptMessage, 'messageSealed' | 'digest' | 'kid'>,
): Promise<void> {
  await em.nativeUpdate(PartyMessage, { id, verdict: null }, signed);
}

/** Counts a try before it is made. */
export async function countAttempt(em: EntityManager, id: string, at: Date): Promise<void> {
  await em.nativeUpdate(PartyMessage, { id, verdict: null }, { attempts: raw('attempts + 1'), lastAttemptAt: at });
}

/** Why the last try brought no receipt. */
export async function noteFault(em: EntityManager, id: string, fault: FaultOnRecord): Promise<void> {
  await em.nativeUpdate(PartyMessage, { id, verdict: null }, { fault });
}

export interface KeptReceipt {
  readonly verdict: Verdict;
  readonly receiptSealed: string;
  readonly receiptDigest: string;
  readonly receiptKey: PartyKey;
  readonly receiptedAt: Date;
}

/** Keeps the first good receipt of exactly this text of a message; false when another one was first, or the message was signed again. */
export async function keepReceipt(
  em: EntityManager,
  { id, digest }: Pick<PartyMessage, 'id' | 'digest'>,
  receipt: KeptReceipt,
): Promise<boolean> {
  return (await em.nativeUpdate(PartyMessage, { id, digest, verdict: null }, { ...receipt, fault: null })) === 1;
}
