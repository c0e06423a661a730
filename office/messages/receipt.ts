import { z } from 'zod';
import { keptInstant } from '../../domain/instant.ts';
import {
  JOSE_TYPES,
  RECEIPT_LIMITS,
  VERDICTS,
  type MessageKind,
  type PartyKey,
  type ReceiptAnswer,
  type Verdict,
} from '../../domain/party-messages.ts';
import { textFault } from '../../domain/text.ts';
import { openSigned, payloadOf, unsound, type KeyFinder, type Unsound } from './signed.ts';

/** The message that a receipt must be of. */
export interface Receipted {
  readonly id: string;
  readonly kind: MessageKind;
  /** The party that must have signed. */
  readonly to: string;
  /** The office, as the message names it. */
  readonly issuer: string;
  readonly digest: string;
  /** When the message was made, in milliseconds since the epoch. */
  readonly sentAtMs: number;
}

export interface GoodReceipt {
  readonly ok: true;
  readonly answer: ReceiptAnswer;
  /** When its party signed it, in milliseconds since the epoch. */
  readonly issuedAtMs: number;
  readonly key: PartyKey;
}

const payload = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.tuple([z.string()])]),
  iat: z.number().nonnegative(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
  message: z.string(),
  digest: z.string(),
  verdict: z.string(),
  body: z.looseObject({}).nullish(),
});

/**
 * Judges a receipt completely: signature, type, who signed for whom, of exactly which message, when, and what it says to it.
 * `nowMs`: as the judge's clock has it. `isNew`: it has just come, and must still be good; one that was kept must have been when it was signed.
 */
export async function judgeReceipt(
  jws: string,
  { message, keyFor, nowMs, isNew = false }: { message: Receipted; keyFor: KeyFinder; nowMs: number; isNew?: boolean },
): Promise<GoodReceipt | Unsound> {
  const signed = await openSigned(jws, JOSE_TYPES.receipt, keyFor);
  if (!signed.ok) return signed;
  const read = payload.safeParse(signed.payload);
  if (!read.success) return unsound(`lacks a good ${read.error.issues[0]?.path.join('.') || 'payload'}`);
  const fault = faultOf(read.data, message, nowMs) ?? periodFault(read.data, isNew ? nowMs : read.data.iat * 1000);
  if (fault !== undefined) return unsound(fault);
  const answer = answerOf(message.kind, read.data);
  if ('ok' in answer) return answer;
  return { ok: true, answer, issuedAtMs: read.data.iat * 1000, key: signed.key };
}

/** What a receipt says that was judged before it was kept. Throws when it says nothing of the kind. */
export function readAnswer(kind: MessageKind, jws: string): ReceiptAnswer {
  const answer = answerOf(kind, payload.parse(payloadOf(jws)));
  if ('ok' in answer) throw new Error(`a receipt of ${kind} on record ${answer.detail}`);
  return answer;
}

type Payload = z.output<typeof payload>;

function faultOf(said: Payload, message: Receipted, nowMs: number): string | undefined {
  const [aud] = [said.aud].flat();
  if (said.iss !== message.to) return 'is issued by somebody else (iss)';
  if (aud !== message.issuer) return 'is for somebody else (aud)';
  if (said.message !== message.id) return 'is of another message (message)';
  if (said.digest !== message.digest) return 'is of another text of the message (digest)';
  const issuedAtMs = said.iat * 1000;
  if (issuedAtMs > nowMs + RECEIPT_LIMITS.clockSkewMs) return 'was issued in the future (iat)';
  if (issuedAtMs < message.sentAtMs - RECEIPT_LIMITS.clockSkewMs) return 'was issued before its message (iat)';
  return undefined;
}

/** What a JWT says about its own time counts (RFC 7519, sections 4.1.4 and 4.1.5), although a receipt need say nothing. */
function periodFault({ exp, nbf }: Payload, atMs: number): string | undefined {
  if (exp !== undefined && exp * 1000 <= atMs) return 'has run out (exp)';
  if (nbf !== undefined && nbf * 1000 > atMs + RECEIPT_LIMITS.clockSkewMs) return 'is not good yet (nbf)';
  return undefined;
}

const MOST_REASON = 500;

/** What the receipt says, whose verdict is one of its kind's and whose body is what that verdict needs. */
function answerOf(kind: MessageKind, { verdict: said, body }: Payload): ReceiptAnswer | Unsound {
  const verdict = verdictOf(kind, said);
  if (verdict === undefined) return unsound(`has a verdict that is none of ${VERDICTS[kind].join(', ')}`);
  switch (verdict) {
    case 'promised': {
      const { instruction } = body ?? {};
      return typeof instruction === 'string' ? { verdict, instruction } : unsound('promises without body.instruction');
    }
    case 'refused': {
      const { reason } = body ?? {};
      const fault = typeof reason === 'string' ? textFault(reason, { maxLength: MOST_REASON }) : 'must be a text';
      return typeof reason === 'string' && fault === undefined
        ? { verdict, reason }
        : unsound(`refuses with a body.reason that ${fault ?? 'is none'}`);
    }
    case 'scheduled': {
      const instant = deliverAt.safeParse(body?.['deliverAt']);
      return instant.success
        ? { verdict, deliverAt: instant.data }
        : unsound('fixes a body.deliverAt that is no RFC 3339 time');
    }
    case 'later':
    case 'received':
      return { verdict };
  }
}

function verdictOf(kind: MessageKind, said: string): Verdict | undefined {
  const possible: readonly Verdict[] = VERDICTS[kind];
  return possible.find((verdict) => verdict === said);
}

const deliverAt = z.iso
  .datetime({ offset: true })
  .transform((given) => keptInstant(given))
  .pipe(z.string());
