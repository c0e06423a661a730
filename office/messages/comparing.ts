import type { EntityManager } from '@mikro-orm/postgresql';
import { importJWK } from 'jose';
import { z } from 'zod';
import { CHECK_ALGORITHM } from '../../domain/echeck.ts';
import { PartyMessage } from '../../entities/party-message.entity.ts';
import { ForgottenError, UnsealableError, type Sealer } from '../../platform/sealing.ts';
import { judgeReceipt } from './receipt.ts';
import { digestOf, payloadOf, type KeyFinder } from './signed.ts';

/** A text that is another one than was sent, or signed. */
export interface AlteredText {
  readonly orderId: string;
  readonly part: 'message' | 'receipt';
  /** Names the message; nothing of its text. */
  readonly detail: string;
}

const PAGE = 500;
/** The office had perhaps another name then. */
const issued = z.looseObject({ iss: z.string() });

/** Finds changed texts among the messages since then. What was sealed for a person who was forgotten is passed over. Reads only. */
export async function* alteredTexts(em: EntityManager, since: Date, sealer: Sealer): AsyncGenerator<AlteredText> {
  for (let after = ''; ;) {
    const page = await em.find(
      PartyMessage,
      { id: { $gt: after }, sentAt: { $gte: since } },
      { orderBy: { id: 'asc' }, limit: PAGE, disableIdentityMap: true },
    );
    for (const row of page) {
      const altered = await alteration(row, sealer);
      if (altered) yield { orderId: row.orderId, ...altered };
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.id;
  }
}

type Alteration = Pick<AlteredText, 'part' | 'detail'>;

async function alteration(row: PartyMessage, sealer: Sealer): Promise<Alteration | undefined> {
  const { id, kind, recipient: to, digest, receiptSealed, sentAt } = row;
  const message = await opened(sealer, row.messageSealed);
  if (message === 'forgotten') return undefined;
  if (message.text === undefined || digestOf(message.text) !== digest)
    return { part: 'message', detail: `the text of message ${id} is not the one that was sent` };
  if (typeof receiptSealed !== 'string' || !row.receiptKey) return undefined;
  const receipt = await opened(sealer, receiptSealed);
  if (receipt === 'forgotten') return undefined;
  if (receipt.text === undefined || digestOf(receipt.text) !== row.receiptDigest)
    return { part: 'receipt', detail: `the text of the receipt of ${id} is not the one that came` };
  const key = await importJWK({ ...row.receiptKey }, CHECK_ALGORITHM);
  const keyFor: KeyFinder = async () => (key instanceof Uint8Array ? [] : [key]);
  // A receipt that was good when it came stays good: only the future of its own clock was judged then.
  const nowMs = row.receiptedAt?.getTime() ?? 0;
  const { iss: issuer } = issued.parse(payloadOf(message.text));
  const of = { id, kind, to, issuer, digest, sentAtMs: sentAt.getTime() };
  const judged = await judgeReceipt(receipt.text, { message: of, keyFor, nowMs });
  if (!judged.ok) return { part: 'receipt', detail: `the receipt of ${id} ${judged.detail}` };
  const fits = judged.answer.verdict === row.verdict;
  return fits ? undefined : { part: 'receipt', detail: `the receipt of ${id} says another verdict than the row` };
}

/** `text` is undefined where what rests there cannot be opened: it was changed. */
async function opened(sealer: Sealer, sealed: string): Promise<{ readonly text: string | undefined } | 'forgotten'> {
  try {
    return { text: await sealer.open<string>(sealed) };
  } catch (error) {
    if (error instanceof ForgottenError) return 'forgotten';
    if (error instanceof UnsealableError) return { text: undefined };
    throw error;
  }
}
