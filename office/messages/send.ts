import type { EntityManager } from '@mikro-orm/postgresql';
import { judgeDate } from '../../domain/dispatch.ts';
import type { OrderId } from '../../domain/ids.ts';
import {
  JOSE_TYPES,
  messageId,
  type MessageBodies,
  type MessageKind,
  type ReceiptAnswer,
} from '../../domain/party-messages.ts';
import type { PartyMessage } from '../../entities/party-message.entity.ts';
import type { Orm } from '../../platform/orm.ts';
import type { Sealer } from '../../platform/sealing.ts';
import type { CheckSigning } from '../checks/index.ts';
import { readDispatchFacts } from '../orders/index.ts';
import { countAttempt, findMessage, keepMessage, keepReceipt, keepSignedAgain, noteFault } from './book.ts';
import { instructionPayload, judgeInstruction } from './instruction.ts';
import { isValidatedBySeller, readInstructedOrder, siteUrlOf } from './order-facts.ts';
import { judgeReceipt, readAnswer, type GoodReceipt } from './receipt.ts';
import { digestOf, payloadOf } from './signed.ts';
import { postMessage } from './site-calls.ts';
import type { SiteKeys } from './site-keys.ts';
import { TransmissionError } from './transmission-error.ts';

/** What a transmission reaches outside itself. */
export interface MessageDeps {
  readonly orm: Orm;
  readonly signing: CheckSigning;
  readonly sealer: Sealer;
  readonly clock: () => Date;
  /** One for the whole process. */
  readonly siteKeys: SiteKeys;
  /** Whether a party's own server at that address may be a private or loopback one, over plain http. */
  readonly privateSiteAllowed: (url: string) => boolean;
}

/** A message to a party's own server. */
export type OutgoingMessage = {
  [Kind in MessageKind]: {
    readonly orderId: OrderId;
    readonly kind: Kind;
    /** Where the order has several of a kind. */
    readonly attempt?: number;
    readonly to: string;
    /** On whose behalf. */
    readonly from: string;
    readonly body: MessageBodies[Kind];
    /** For whom it rests sealed: the buyer where it holds the address, so that forgetting the buyer takes it; otherwise its receiver. */
    readonly personalOf: string;
    /** Ends the try early. */
    readonly signal?: AbortSignal;
    /** When it was made first, where its row was lost and it is made again. Default: now. */
    readonly sentAt?: Date;
  };
}[MessageKind];

/** What the party's server has signed for. */
export interface Receipt {
  readonly messageId: string;
  readonly answer: ReceiptAnswer;
  /** RFC 3339: when the office had it. */
  readonly at: string;
}

/**
 * Sends a message once, and returns what its receiver signed for. The message is made once and kept; every try sends the same text
 * under the same `jti`, so that the receipt of a try whose answer was lost is still good. A message that has its receipt is not sent
 * again. Throws `TransmissionError` where there is no good receipt, and keeps why; takes 21 seconds at most.
 */
export async function sendMessage(deps: MessageDeps, message: OutgoingMessage): Promise<Receipt> {
  const em = deps.orm.em.fork();
  const id = messageId(message.orderId, message.kind, message.attempt);
  const kept = (await findMessage(em, id)) ?? (await makeMessage(em, deps, { ...message, id }));
  if (kept.verdict !== null) return receiptOnRecord(deps, kept);
  const sent = await withGoodKey(em, deps, { kept, personalOf: message.personalOf });
  await countAttempt(em, id, deps.clock());
  const good = await attempt(em, deps, { ...sent, signal: message.signal }).catch(async (error: unknown) => {
    if (error instanceof TransmissionError)
      await noteFault(em, id, { reason: error.fault, detail: error.message, at: deps.clock().toISOString() });
    throw error;
  });
  const isFirst = await keepReceipt(em, sent.kept, {
    verdict: good.answer.verdict,
    receiptSealed: await deps.sealer.seal(message.personalOf, good.jws),
    receiptDigest: digestOf(good.jws),
    receiptKey: good.key,
    receiptedAt: deps.clock(),
  });
  const now = await findMessage(em, id);
  if (!now?.verdict) throw new TransmissionError('BadReceipt', 'is of a text that was signed again meanwhile');
  return isFirst ? receiptOf(now, good.answer) : receiptOnRecord(deps, now);
}

/** Signs a message and keeps it. */
async function makeMessage(
  em: EntityManager,
  { signing, sealer, clock }: MessageDeps,
  {
    id,
    orderId,
    kind,
    attempt: count,
    to,
    from,
    body,
    personalOf,
    sentAt = clock(),
  }: OutgoingMessage & { readonly id: string },
): Promise<PartyMessage> {
  const iat = Math.floor(sentAt.getTime() / 1000);
  const payload = { iss: signing.issuer, aud: to, sub: orderId, jti: id, iat, kind, from, body };
  const { jws, kid } = await signing.sign(JOSE_TYPES.message, payload);
  return keepMessage(em, {
    id,
    orderId,
    kind,
    attempt: count ?? null,
    sender: from,
    recipient: to,
    messageSealed: await sealer.seal(personalOf, jws),
    digest: digestOf(jws),
    kid,
    sentAt,
  });
}

interface Sending {
  readonly kept: PartyMessage;
  /** The message's compact text. */
  readonly jws: string;
  readonly signal?: AbortSignal;
}

/** The text to send: what was kept, signed again by another key where its own was revoked and nobody would believe it. */
async function withGoodKey(
  em: EntityManager,
  { signing, sealer }: MessageDeps,
  { kept, personalOf }: { readonly kept: PartyMessage; readonly personalOf: string },
): Promise<Sending> {
  const jws = await sealer.open<string>(kept.messageSealed);
  if (await signing.isGoodKey(kept.kid)) return { kept, jws };
  const again = await signing.sign(JOSE_TYPES.message, Object(payloadOf(jws)));
  const messageSealed = await sealer.seal(personalOf, again.jws);
  await keepSignedAgain(em, kept.id, { messageSealed, digest: digestOf(again.jws), kid: again.kid });
  const now = await findMessage(em, kept.id);
  // Of two tries that signed again at once, one has kept its text, and both send that.
  return { kept: now ?? kept, jws: now ? await sealer.open<string>(now.messageSealed) : again.jws };
}

/** One try: sends, and judges what comes back. */
async function attempt(
  em: EntityManager,
  deps: MessageDeps,
  { kept, jws, signal }: Sending,
): Promise<GoodReceipt & { readonly jws: string }> {
  const url = await siteUrlOf(em, kept.kind, kept.recipient);
  if (url === undefined) throw new TransmissionError('SiteUnreachable', 'no address of its server is registered');
  const site = { url, allowPrivate: deps.privateSiteAllowed(url), signal };
  const answer = (await postMessage(site, jws)).replaceAll(/^[\t\r\n ]+|[\t\r\n ]+$/g, '');
  const { id, kind, recipient: to, digest, sentAt } = kept;
  const keyFor = deps.siteKeys.of(site);
  const nowMs = deps.clock().getTime();
  const message = { id, kind, to, digest, issuer: deps.signing.issuer, sentAtMs: sentAt.getTime() };
  const receipt = await judgeReceipt(answer, { message, keyFor, nowMs, isNew: true });
  if (!receipt.ok) throw new TransmissionError('BadReceipt', `the receipt ${receipt.detail}`);
  await judgeAnswer(em, deps, { kept, receipt, keyFor });
  return { ...receipt, jws: answer };
}

interface Answered {
  readonly kept: PartyMessage;
  readonly receipt: GoodReceipt;
  readonly keyFor: ReturnType<SiteKeys['of']>;
}

/** What a receipt says must fit the order: the seller's instruction its goods and address, the distributor's date its terms. */
async function judgeAnswer(em: EntityManager, deps: MessageDeps, { kept, receipt, keyFor }: Answered): Promise<void> {
  const { answer } = receipt;
  if (answer.verdict === 'promised') {
    const order = await readInstructedOrder(em, deps.sealer, kept.orderId);
    const judged = await judgeInstruction(answer.instruction, { order, keyFor, signer: kept.recipient });
    if (!judged.ok) throw new TransmissionError('BadReceipt', `the instruction ${judged.detail}`);
    if (!(await isValidatedBySeller(em, kept.orderId)))
      throw new TransmissionError('NotValidated', 'it promised without having had the check validated (claim 2)');
  }
  if (answer.verdict === 'scheduled') {
    const { deliverTo } = await readInstructedOrder(em, deps.sealer, kept.orderId);
    const consignment = { ...(await readDispatchFacts(em, kept.orderId)), place: deliverTo };
    // As of its signing: a receipt whose way was long is as good as it was.
    const at = new Date(Math.min(receipt.issuedAtMs, deps.clock().getTime()));
    const judged = judgeDate(new Date(answer.deliverAt), consignment, at);
    if (judged !== 'possible') throw new TransmissionError('OutsideService', judged.detail);
  }
}

/**
 * The seller's word to the distributor (claim 9), as a compact JWS: what its own server signed with its promise; for a seller that
 * has no server, or promised by the API, the office signs in its name.
 */
export async function instructionFor(
  deps: Pick<MessageDeps, 'orm' | 'signing' | 'sealer' | 'clock'>,
  orderId: OrderId,
): Promise<string> {
  const em = deps.orm.em.fork();
  const presented = await findMessage(em, messageId(orderId, 'presentation'));
  if (presented?.verdict === 'promised') {
    const { answer } = await receiptOnRecord(deps, presented);
    if (answer.verdict === 'promised') return answer.instruction;
  }
  const order = await readInstructedOrder(em, deps.sealer, orderId);
  const payload = instructionPayload(order, deps.signing.issuer, deps.clock());
  return (await deps.signing.sign(JOSE_TYPES.instruction, payload)).jws;
}

/** The receipt that a message has. Throws `ForgottenError` when what it says can be opened no more. */
async function receiptOnRecord({ sealer }: Pick<MessageDeps, 'sealer'>, kept: PartyMessage): Promise<Receipt> {
  const { verdict, receiptSealed } = kept;
  if (verdict === 'received' || verdict === 'later') return receiptOf(kept, { verdict });
  return receiptOf(kept, readAnswer(kept.kind, await sealer.open<string>(receiptSealed ?? '')));
}

function receiptOf({ id, receiptedAt }: PartyMessage, answer: ReceiptAnswer): Receipt {
  return { messageId: id, answer, at: (receiptedAt ?? new Date()).toISOString() };
}
